// SPDX-License-Identifier: MIT
// The filtering of single images is exact where its divisions are: on multiples of 360.
#include <ctcnn/kernels/conv2d/single_image_winograd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>

#include "../float_and_double.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The forward kernel of one case, the lanes along the columns, or along channels that fill one vector or two.
template <std::floating_point T, std::uint64_t Seed, std::size_t Case, bool Channels>
struct SingleImage {
    static constexpr Conv2dCase c = [] {
        Conv2dCase result = conv2d_case(Seed, Case, Conv2dCases::single_image);
        result.relu = false;
        if (Channels) {
            result.geometry.out_channels = vector_bytes / sizeof(T) * (1 + Case % 2);
        }
        return result;
    }();
    using In = typename StageOf<T, c>::In;
    using Out = typename StageOf<T, c>::Out;
    using Backward = ThroughWay<kernels::conv2d::Direct, T, c>;

    static void forward(const T* input, const T* weight, const T* bias, T* output) {
        give_bias<c.bias>(bias, [&](auto given) {
            if constexpr (Channels) {
                kernels::conv2d::forward_wide_channels_winograd<c.geometry, In, Out>(input, weight, given, output);
            } else {
                kernels::conv2d::forward_wide_winograd<c.geometry, In, Out>(input, weight, given, output);
            }
        });
    }
    static constexpr Conv2dKernels<T> kernels_of{&forward, &Backward::backward_input, &Backward::backward_weight,
                                                 nullptr, 360};
};

template <std::floating_point T, std::uint64_t Seed, bool Channels, std::size_t Count>
void check_cases() {
    [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        (check_conv2d(SingleImage<T, Seed, Case, Channels>::c, SingleImage<T, Seed, Case, Channels>::kernels_of,
                      Draw(Seed + 1, Case)),
         ...);
    }(std::make_index_sequence<Count>{});
}

}  // namespace

TEST_CASE("filtering a single image along its columns equals the naive loops") {
    check_cases<float, 200, false, portion(18)>();
    check_cases<double, 210, false, portion(12)>();
}

TEST_CASE("filtering a single image along the channels equals the naive loops") {
    check_cases<float, 220, true, portion(18)>();
    check_cases<double, 230, true, portion(12)>();
}

// Real numbers: the results of float against those of the direct algorithm in double.
namespace {

template <std::size_t Height>
void check_accuracy() {
    constexpr kernels::Conv2dGeometry geometry{6, 16, 1, {.kernel = {Height, 5}}};
    using In = Layout<6, 14, 20>;
    using Out = Layout<16, 15 - Height, 16>;
    Draw draw(240);
    std::vector<float> input(In::size), weight(geometry.weights()), along_columns(Out::size), along_channels(Out::size);
    std::vector<double> input2(In::size), weight2(geometry.weights()), output(Out::size);
    draw_both(draw, input, input2);
    draw_both(draw, weight, weight2);
    kernels::conv2d::forward_wide_winograd<geometry, In, Out>(input.data(), weight.data(), nullptr,
                                                              along_columns.data());
    kernels::conv2d::forward_wide_channels_winograd<geometry, In, Out>(input.data(), weight.data(), nullptr,
                                                                       along_channels.data());
    kernels::conv2d::forward_wide<geometry, In, Out>(input2.data(), weight2.data(), nullptr, output.data());
    // Seen: up to 1.5e-6. The numbers at the points are up to ten times as large as what comes out of them, and so are
    // the units in their last places.
    INFO("kernel " << Height << "x5");
    CHECK(largest_difference(along_columns, output) < 4e-6);
    CHECK(largest_difference(along_channels, output) < 4e-6);
}

}  // namespace

TEST_CASE("filtering a single image of real numbers stays accurate") {
    for_each_filtered_size([](auto size) { check_accuracy<decltype(size)::value>(); });
}

// Where it pays. How many lanes a vector has decides it; these are true of vectors of 16 to 64 bytes.
namespace {
template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
using PlanOf = kernels::conv2d::SingleWinogradPlan<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                                                   Layout<In, Size, Size>,
                                                   Layout<Out, Size - Kernel + 1, Size - Kernel + 1>, float>;
static_assert(PlanOf<1, 6, 5, 32>::pays && PlanOf<6, 16, 5, 14>::pays);
static_assert(!PlanOf<1, 6, 1, 28>::pays && !PlanOf<6, 16, 8, 14>::pays);
static_assert(!PlanOf<64, 64, 3, 28>::pays);  // its weights are no longer little
// Only kernels of 2 to 7 rows and at least 2 columns, with stride and dilation 1, without groups.
template <Window W, std::size_t Groups = 1, std::size_t Columns = 16>
constexpr bool possible =
    kernels::conv2d::SingleWinogradPlan<kernels::Conv2dGeometry{2, 3 * Groups, Groups, W}, Layout<2, 24, 24>,
                                        Layout<3 * Groups, 16, Columns>, float>::possible;
static_assert(possible<Window{.kernel = {2, 2}}> && possible<Window{.kernel = {7, 9}}>);
static_assert(!possible<Window{.kernel = {1, 2}}> && !possible<Window{.kernel = {8, 2}}> &&
              !possible<Window{.kernel = {2, 1}}>);
static_assert(!possible<Window{.kernel = {2, 2}, .stride = {2, 1}}> &&
              !possible<Window{.kernel = {2, 2}, .dilation = {1, 2}}>);
static_assert(!possible<Window{.kernel = {2, 2}}, 2> && !possible<Window{.kernel = {2, 2}}, 1, 1>);
// By 14.7 and 15.98 percent.
static_assert(!PlanOf<4, 9, 3, 12>::pays && PlanOf<4, 10, 3, 12>::pays);

// The estimates for LeNet's second convolution: 3 pieces of 4 rows at 8 points, the lanes along 16 channels. 30 products
// a point and the way back, which passes through memory; 14 columns of 6 channels; 30 taps of a row.
using LeNet = PlanOf<6, 16, 5, 14>;
constexpr std::size_t lanes = vector_bytes / 4;
static_assert(LeNet::along_channels && LeNet::row_vectors == 10 * 16 / lanes);
static_assert(LeNet::cost(8) == 3 * LeNet::row_vectors * (30 * 8 + 2 * 3 * (4 + 2)) +
                                    3 * 6 * ((14 + lanes - 1) / lanes) * 2 * 3 * 8 + 2 * 30 * (16 / lanes) * 8 * 5 / 2);
static_assert(LeNet::direct_cost == 6 * 25 * 10 * LeNet::row_vectors);
// Weights and rows of 16 numbers at the points, the products of a piece; the weights before, and four rows.
static_assert(LeNet::stack_numbers == 8 * 6 * 5 * 16 + 8 * 3 * 6 * 16 + 8 * 16 * 10 + 6 * 16 * 25 + 4 * 16 * 10);
using First = PlanOf<1, 6, 5, 32>;
static_assert(!First::along_channels && First::row_vectors == 6 * ((28 + lanes - 1) / lanes));
static_assert(First::stack_numbers == 8 * 5 * 6 + 8 * 7 * 32 + 8 * 6 * 28);
}  // namespace

// SPDX-License-Identifier: MIT
// Convolutions by minimal filtering are exact where their divisions are: on multiples of 360.
#include <ctcnn/kernels/conv2d_winograd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "conv2d_cases.hpp"
#include "float_and_double.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The kernels of one case; each call brings scratch memory that is poison.
template <Number V, Conv2dCase c>
struct Filtering {
    using T = scalar_t<V>;
    using In =
        Layout<c.geometry.in_channels, c.input.height, c.input.width, c.input_border.height, c.input_border.width>;
    using Out = Layout<c.geometry.out_channels, c.output().height, c.output().width, c.output_border.height,
                       c.output_border.width>;
    using Function = std::conditional_t<c.relu, kernels::ReLU, NoFunction>;
    using Plan = kernels::WinogradPlan<c.geometry, In, Out>;

    static Buffer<V> scratch() { return Buffer<V>(Plan::template scratch_numbers<V>); }

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        Buffer<V> memory = scratch();
        give_bias<c.bias>(bias, [&](auto given) {
            kernels::conv2d_forward_winograd<c.geometry, In, Out, Function>(input, weight, given, output,
                                                                            memory.data());
        });
        CHECK(memory.guards_are_untouched());
    }
    static void backward_input(V* grad_input, const T* weight, const V* grad_output) {
        Buffer<V> memory = scratch();
        kernels::conv2d_backward_winograd<c.geometry, In, Out, Function>(
            grad_input, weight, grad_output, false, static_cast<T*>(nullptr), static_cast<T*>(nullptr), memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory = scratch();
        kernels::conv2d_backward_winograd<c.geometry, In, Out, NoFunction>(
            input, static_cast<const T*>(nullptr), grad_output, add, grad_weight, grad_bias, memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward(V* grad_input, const T* weight, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory = scratch();
        kernels::conv2d_backward_winograd<c.geometry, In, Out, Function>(grad_input, weight, grad_output, add,
                                                                         grad_weight, grad_bias, memory.data());
        CHECK(memory.guards_are_untouched());
    }
};

template <Number V, Conv2dCase c>
constexpr Conv2dKernels<V> kernels_of{&Filtering<V, c>::forward, &Filtering<V, c>::backward_input,
                                      &Filtering<V, c>::backward_weight, &Filtering<V, c>::backward, 360};

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<Conv2dKernels<V>, Count>{kernels_of<V, conv2d_case(Seed, Case, Conv2dCases::filtering)>...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < Count; ++i) {
        check_conv2d(conv2d_case(Seed, i, Conv2dCases::filtering), table[i], Draw(Seed + 1, i));
    }
}

// Seven pieces in portions of three: the last portion is the last piece alone, which has only 6 of the 8 points.
constexpr Conv2dCase three_portions{.geometry = {9, 9, 1, {.kernel = {5, 5}}},
                                    .input = {20, 29},
                                    .input_border = {0, 0},
                                    .output_border = {0, 0},
                                    .bias = true,
                                    .relu = true};
using ThreePortions = Filtering<Lanes<float>, three_portions>::Plan;
static_assert(ThreePortions::count == 8 && ThreePortions::LastPoints::count == 6);
static_assert(ThreePortions::pieces == 7 && ThreePortions::portion == 3);

}  // namespace

TEST_CASE("minimal filtering of lanes of floats equals the naive loops") {
    check_cases<Lanes<float>, 140, portion(24)>();
}

TEST_CASE("minimal filtering in portions equals the naive loops") {
    check_conv2d(three_portions, kernels_of<Lanes<float>, three_portions>, Draw(155, 0));
}

TEST_CASE("minimal filtering of lanes of doubles equals the naive loops") {
    check_cases<Lanes<double>, 150, portion(12)>();
}

// Real numbers: the results of float against those of the direct algorithm in double, in the same lanes.
namespace {

template <std::size_t Width>
void check_accuracy() {
    constexpr std::size_t lanes = lane_count<Lanes<double>>;
    using F = Lanes<float, lanes>;
    using D = Lanes<double, lanes>;
    constexpr kernels::Conv2dGeometry geometry{16, 24, 1, {.kernel = {3, Width}}};
    using In = Layout<16, 14, 14>;
    using Out = Layout<24, 12, 15 - Width>;
    Draw draw(160);
    std::vector<F> input(In::size), output(Out::size), gradient(Out::size);
    std::vector<D> input2(In::size), output2(Out::size), gradient2(Out::size), grad_input2(In::size);
    std::vector<float> weight(geometry.weights()), grad_weight(geometry.weights());
    std::vector<double> weight2(geometry.weights()), grad_weight2(geometry.weights());
    std::vector<F> scratch(kernels::WinogradPlan<geometry, In, Out>::template scratch_numbers<F>);
    draw_both(draw, input, input2);
    draw_both(draw, gradient, gradient2);
    draw_both(draw, weight, weight2);
    kernels::conv2d_forward_winograd<geometry, In, Out, NoFunction>(input.data(), weight.data(), nullptr, output.data(),
                                                                    scratch.data());
    kernels::conv2d_forward<geometry, In, Out, NoFunction>(input2.data(), weight2.data(), nullptr, output2.data());
    kernels::conv2d_backward_input<geometry, In, Out, NoFunction>(grad_input2.data(), weight2.data(), gradient2.data());
    kernels::conv2d_backward_weight<geometry, In, Out>(input2.data(), gradient2.data(), false, grad_weight2.data(),
                                                       nullptr);
    std::vector<F> grad_input = input;
    kernels::conv2d_backward_winograd<geometry, In, Out, NoFunction>(grad_input.data(), weight.data(), gradient.data(),
                                                                     false, grad_weight.data(),
                                                                     static_cast<float*>(nullptr), scratch.data());
    // Seen: up to 1.5e-6. The numbers at the points are up to ten times as large as what comes out of them, and so are
    // the units in their last places.
    INFO("kernel 3x" << Width);
    CHECK(largest_difference(output, output2) < 4e-6);
    CHECK(largest_difference(grad_input, grad_input2) < 4e-6);
    CHECK(largest_difference(grad_weight, grad_weight2) < 4e-6);
}

}  // namespace

TEST_CASE("minimal filtering of real numbers stays accurate") {
    for_each_filtered_size([](auto size) { check_accuracy<decltype(size)::value>(); });
}

// Where it pays: not with one input channel, where the transforms of the output outweigh what they save.
namespace {
template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
using PlanOf = kernels::WinogradPlan<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                                     Layout<In, Size, Size>, Layout<Out, Size - Kernel + 1, Size - Kernel + 1>>;
static_assert(PlanOf<6, 16, 5, 14>::pays);
static_assert(PlanOf<32, 64, 3, 26>::pays);
static_assert(!PlanOf<1, 6, 5, 32>::pays);
static_assert(!PlanOf<64, 64, 1, 28>::pays);
static_assert(!PlanOf<6, 16, 8, 14>::pays);
// Ten columns are two pieces of four and one of two, which needs two points less; four columns are one piece of four,
// and more points would buy nothing.
static_assert(PlanOf<6, 16, 5, 14>::count == 8 && PlanOf<6, 16, 5, 14>::pieces == 3);
static_assert(PlanOf<6, 16, 5, 14>::LastPoints::count == 6);
static_assert(PlanOf<32, 64, 3, 6>::count == 6 && PlanOf<32, 64, 3, 6>::pieces == 1);
}  // namespace

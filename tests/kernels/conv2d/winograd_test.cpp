// SPDX-License-Identifier: MIT
// Convolutions by minimal filtering are exact where their divisions are: on multiples of 360.
#include <ctcnn/kernels/conv2d/winograd.hpp>

#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

#include "../float_and_double.hpp"
#include "cases.hpp"
#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using kernels::conv2d::Direct;
using kernels::conv2d::Winograd;

namespace {

// Seven pieces in portions of three: the last portion is the last piece alone, which has only 6 of the 8 points.
constexpr Conv2dCase three_portions{.geometry = {9, 9, 1, {.kernel = {5, 5}}},
                                    .input = {20, 29},
                                    .input_border = {0, 0},
                                    .output_border = {0, 0},
                                    .bias = true,
                                    .relu = true};
using ThreePortions = Winograd::Plan<StageOf<Lanes<float>, three_portions>>;
static_assert(ThreePortions::count == 8 && ThreePortions::LastPoints::count == 6);
static_assert(ThreePortions::pieces == 7 && ThreePortions::portion == 3);

// The gradients at the points are computed with lanes along the channels.
constexpr Conv2dCase many_channels{.geometry = {33, 24, 1, {.kernel = {3, 3}, .padding = {1, 1}}},
                                   .input = {11, 13},
                                   .input_border = {1, 1},
                                   .output_border = {0, 0},
                                   .bias = true,
                                   .relu = true,
                                   .output_gap = 1};
static_assert(Winograd::Plan<StageOf<Lanes<float, 16>, many_channels>>::transposes<Lanes<float, 16>>);

}  // namespace

TEST_CASE("minimal filtering of lanes of floats equals the naive loops") {
    check_conv2d_cases<Winograd, Lanes<float>, 140, portion(24), Conv2dCases::filtering>(360);
}

TEST_CASE("minimal filtering in portions equals the naive loops") {
    check_conv2d(three_portions, conv2d_kernels<Winograd, Lanes<float>, three_portions>(360), Draw(155, 0));
}

TEST_CASE("minimal filtering of many channels equals the naive loops") {
    check_conv2d(many_channels, conv2d_kernels<Winograd, Lanes<float>, many_channels>(360), Draw(156, 0));
    check_conv2d(many_channels, conv2d_kernels<Winograd, Lanes<double>, many_channels>(360), Draw(157, 0));
}

TEST_CASE("minimal filtering of lanes of doubles equals the naive loops") {
    check_conv2d_cases<Winograd, Lanes<double>, 150, portion(12), Conv2dCases::filtering>(360);
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
    using One = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, F>>;
    using Two = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, D>>;
    std::vector<F> scratch(Winograd::scratch_size<One>);
    draw_both(draw, input, input2);
    draw_both(draw, gradient, gradient2);
    draw_both(draw, weight, weight2);
    Winograd::forward<One>(input.data(), weight.data(), nullptr, output.data(), scratch.data());
    Direct::forward_rows<Two>(input2.data(), weight2.data(), nullptr, output2.data(), nullptr, {0, Out::height});
    Direct::backward_input<Two>(grad_input2.data(), weight2.data(), gradient2.data(), nullptr);
    Direct::backward_parameters<Two>(input2.data(), gradient2.data(), false, grad_weight2.data(), nullptr, nullptr);
    std::vector<F> grad_input = input;
    Winograd::backward<One>(grad_input.data(), weight.data(), gradient.data(), false, grad_weight.data(), nullptr,
                            scratch.data());
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
using PlanOf = kernels::conv2d::WinogradPlan<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                                             Layout<In, Size, Size>, Layout<Out, Size - Kernel + 1, Size - Kernel + 1>>;
static_assert(PlanOf<6, 16, 5, 14>::pays);
static_assert(PlanOf<32, 64, 3, 26>::pays);
static_assert(!PlanOf<1, 6, 5, 32>::pays);
static_assert(!PlanOf<64, 64, 1, 28>::pays);
static_assert(!PlanOf<6, 16, 8, 14>::pays);
static_assert(PlanOf<6, 16, 2, 14>::possible && PlanOf<6, 16, 7, 14>::possible && !PlanOf<6, 16, 1, 14>::possible &&
              !PlanOf<6, 16, 8, 14>::possible);
// Ten columns are two pieces of four and one of two, which needs two points less; four columns are one piece of four,
// and more points would buy nothing.
static_assert(PlanOf<6, 16, 5, 14>::count == 8 && PlanOf<6, 16, 5, 14>::pieces == 3);
static_assert(PlanOf<6, 16, 5, 14>::LastPoints::count == 6);
static_assert(PlanOf<32, 64, 3, 6>::count == 6 && PlanOf<32, 64, 3, 6>::pieces == 1);
// A piece of one column needs no fewer points than one of two.
static_assert(PlanOf<6, 16, 5, 17>::last_points_of(8) == 6 && PlanOf<6, 16, 5, 15>::last_points_of(8) == 8);
// By 14.7 and 15.2 percent.
static_assert(!PlanOf<4, 14, 3, 28>::pays && PlanOf<9, 11, 3, 8>::pays);

// The estimate for LeNet: at 22 points, 4800 products and 8 times as much for 84 + 160 numbers; 480 weights at 8 points.
using LeNet = PlanOf<6, 16, 5, 14>;
static_assert(LeNet::cost(8) == 22 * (4800 + 8 * (84 + 160)) + 8 * 2 * 480);
static_assert(LeNet::cost(6) == 30 * (4800 + 8 * (84 + 160)) + 6 * 2 * 480);

// Odd multiples of four lie between the points.
static_assert(LeNet::apart(4) == 4 && LeNet::apart(5) == 12 && LeNet::apart(12) == 12 && LeNet::apart(13) == 20);
// Weights and their gradients at 8 points, inputs and outputs there, four columns that two portions share.
static_assert(LeNet::near_registers == 8192 && LeNet::portion == 3);
static_assert(LeNet::scratch_numbers<Lanes<float, 16>> == 2 * 8 * 30 + 8 * (252 + 484) + 4 * 6 * 14);

// The lanes run along the channels where there are several rows of the kernel, and no groups.
template <std::size_t Height, std::size_t Groups>
constexpr bool transposes =
    kernels::conv2d::WinogradPlan<kernels::Conv2dGeometry{64, 64, Groups, {.kernel = {Height, 3}}}, Layout<64, 28, 28>,
                                  Layout<64, 29 - Height, 26>>::template transposes<Lanes<float, 16>>;
static_assert(!transposes<1, 1> && transposes<2, 1> && !transposes<2, 2>);
}  // namespace

// SPDX-License-Identifier: MIT
// The filtering of images of one channel is exact where its divisions are: on multiples of 360.
#include <ctcnn/kernels/conv2d/one_channel.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
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
using kernels::conv2d::OneChannel;

namespace {

// The sums of some channels at all points are held in registers, beside an input and a weight.
template <Number V, std::uint64_t Seed, std::size_t... Case>
constexpr bool in_registers(std::index_sequence<Case...>) {
    return ([] {
        using Plan = OneChannel::Plan<StageOf<V, conv2d_case(Seed, Case, Conv2dCases::one_channel)>>;
        constexpr std::size_t channels = Plan::geometry.out_channels;
        return (Plan::channels == 1 || Plan::channels * Plan::Points::count + 2 <= vector_registers) &&
               (Plan::channels == channels || (Plan::channels + 1) * Plan::Points::count + 2 > vector_registers);
    }() && ...);
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    static_assert(in_registers<V, Seed>(std::make_index_sequence<Count>{}));
    check_conv2d_cases<OneChannel, V, Seed, Count, Conv2dCases::one_channel>(360);
}

}  // namespace

TEST_CASE("filtering one channel of lanes of floats equals the naive loops") {
    check_cases<Lanes<float>, 170, portion(18)>();
}

TEST_CASE("filtering one channel of lanes of doubles equals the naive loops") {
    check_cases<Lanes<double>, 180, portion(12)>();
}

// Real numbers: the results of float against those of the direct algorithm in double, in the same lanes.
namespace {

template <std::size_t Width>
void check_accuracy() {
    constexpr std::size_t lanes = lane_count<Lanes<double>>;
    using F = Lanes<float, lanes>;
    using D = Lanes<double, lanes>;
    constexpr kernels::Conv2dGeometry geometry{1, 6, 1, {.kernel = {5, Width}}};
    using In = Layout<1, 32, 32>;
    using Out = Layout<6, 28, 33 - Width>;
    Draw draw(190);
    std::vector<F> input(In::size), output(Out::size), gradient(Out::size);
    std::vector<D> input2(In::size), output2(Out::size), gradient2(Out::size);
    std::vector<float> weight(geometry.weights()), grad_weight(geometry.weights()), grad_bias(6);
    std::vector<double> weight2(geometry.weights()), grad_weight2(geometry.weights()), grad_bias2(6);
    using One = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, F>>;
    using Two = kernels::ConvStage<geometry, Stage<In, Out, NoFunction, D>>;
    std::vector<F> scratch(OneChannel::scratch_size<One>);
    draw_both(draw, input, input2);
    draw_both(draw, gradient, gradient2);
    draw_both(draw, weight, weight2);
    OneChannel::forward_rows<One>(input.data(), weight.data(), nullptr, output.data(), scratch.data(), {0, 28});
    Direct::forward_rows<Two>(input2.data(), weight2.data(), nullptr, output2.data(), nullptr, {0, 28});
    OneChannel::backward_parameters<One>(input.data(), gradient.data(), false, grad_weight.data(), grad_bias.data(),
                                         scratch.data());
    Direct::backward_parameters<Two>(input2.data(), gradient2.data(), false, grad_weight2.data(), grad_bias2.data(),
                                     nullptr);
    // Seen: up to 1.4e-6 forward, 2.6e-6 backward, where many more numbers are summed. The numbers at the points are up
    // to ten times as large as what comes out of them, and so are the units in their last places.
    INFO("kernel 5x" << Width);
    CHECK(largest_difference(output, output2) < 3e-6);
    CHECK(largest_difference(grad_weight, grad_weight2) < 6e-6);
    CHECK(largest_difference(grad_bias, grad_bias2) < 3e-6);
}

}  // namespace

TEST_CASE("filtering one channel of real numbers stays accurate") {
    for_each_filtered_size([](auto size) { check_accuracy<decltype(size)::value>(); });
}

// Where it pays: with one channel, whose input is transformed once for many channels of the output.
namespace {
template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
using PlanOf =
    kernels::conv2d::OneChannelPlan<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                                    Layout<In, Size, Size>, Layout<Out, Size - Kernel + 1, Size - Kernel + 1>>;
static_assert(PlanOf<1, 6, 5, 32>::forward_pays && PlanOf<1, 6, 5, 32>::backward_pays);
static_assert(PlanOf<1, 6, 5, 32>::count == 8 && PlanOf<1, 6, 5, 32>::pieces == 7);
static_assert(!PlanOf<1, 1, 2, 32>::forward_pays);
static_assert(!PlanOf<3, 32, 5, 32>::forward_pays && !PlanOf<3, 32, 5, 32>::backward_pays);
static_assert(!PlanOf<1, 6, 1, 28>::forward_pays && !PlanOf<1, 6, 1, 28>::backward_pays);
// By 9.8 and 10.03 percent; by 9.6 and 10.2.
static_assert(!PlanOf<1, 11, 3, 28>::forward_pays && PlanOf<1, 12, 3, 28>::forward_pays);
template <std::size_t Height>
using BackwardPlan = kernels::conv2d::OneChannelPlan<kernels::Conv2dGeometry{1, 6, 1, {.kernel = {2, 5}}},
                                                     Layout<1, Height, 14>, Layout<6, Height - 1, 10>>;
static_assert(!BackwardPlan<9>::backward_pays && BackwardPlan<14>::backward_pays);

// The estimates for LeNet: 7 pieces of 4 columns at 8 points; for each of 28 rows and 6 channels 40 products, and what
// goes to the points or comes from them. With 16 registers, each product has a load of its own.
using LeNet = PlanOf<1, 6, 5, 32>;
static_assert(LeNet::direct_cost == 28 * 28 * 6 * 25 && LeNet::input_cost(8) == 7 * 32 * 3 * 8);
static_assert(LeNet::forward_cost(8) ==
              7 * 28 * 6 * (vector_registers == 16 ? 40 + 40 : 40 + 3 * (4 + 2)) + 7 * 32 * 3 * 8);
static_assert(LeNet::backward_cost(8) == 7 * 28 * 6 * (40 + 3 * 4) + 7 * 32 * 3 * 8);
// Weights and 8 rows of 7 pieces at 8 points; or the sums of 6 channels, and 32 rows of a piece.
static_assert(LeNet::scratch_numbers<Lanes<float, 4>> == 6 * 5 * 8 / 4 + 8 * 7 * 8);
static_assert(LeNet::scratch_numbers<Lanes<float, 16>> == 6 * (5 * 8 + 1) + 32 * 8);
}  // namespace

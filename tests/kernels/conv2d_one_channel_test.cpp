// SPDX-License-Identifier: MIT
// The filtering of images of one channel is exact where its divisions are: on multiples of 360.
#include <ctcnn/kernels/conv2d_one_channel.hpp>

#include <algorithm>
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
#include <ctcnn/kernels/conv2d.hpp>
#include <ctcnn/kernels/conv2d_backward.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "conv2d_cases.hpp"
#include "float_and_double.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// The kernels of one case; the gradient of the input, for which this form has no kernel, is the direct one. Scratch
/// memory is poison.
template <Number V, std::uint64_t Seed, std::size_t Case>
struct OneChannel {
    using T = scalar_t<V>;
    static constexpr Conv2dCase c = conv2d_case(Seed, Case, Conv2dCases::one_channel);
    using In = Layout<1, c.input.height, c.input.width, c.input_border.height, c.input_border.width>;
    using Out = Layout<c.geometry.out_channels, c.output().height, c.output().width, c.output_border.height,
                       c.output_border.width>;
    using Function = std::conditional_t<c.relu, kernels::ReLU, NoFunction>;
    using Plan = kernels::OneChannelPlan<c.geometry, In, Out>;
    // The sums of some channels at all points are held in registers, beside an input and a weight.
    static_assert(Plan::channels == 1 || Plan::channels * Plan::Points::count + 2 <= vector_registers);
    static_assert(Plan::channels == c.geometry.out_channels ||
                  (Plan::channels + 1) * Plan::Points::count + 2 > vector_registers);

    /// In portions of 1, 2, 3, 1, ... rows.
    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        Buffer<V> memory(Plan::template scratch_numbers<V>);
        for (std::size_t first = 0, rows = 1; first < Out::height; first += rows, rows = rows % 3 + 1) {
            give_bias<c.bias>(bias, [&](auto given) {
                kernels::conv2d_forward_rows_one_channel<c.geometry, In, Out, Function>(
                    input, weight, given, output, memory.data(), {first, std::min(first + rows, Out::height)});
            });
        }
        CHECK(memory.guards_are_untouched());
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory(Plan::template scratch_numbers<V>);
        kernels::conv2d_backward_weight_one_channel<c.geometry, In, Out>(input, grad_output, add, grad_weight,
                                                                         grad_bias, memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static constexpr Conv2dKernels<V> kernels_of{
        &forward, &conv2d_backward_input_whole<c.geometry, In, Out, Function, V>, &backward_weight, nullptr, 360};
};

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<Conv2dKernels<V>, Count>{OneChannel<V, Seed, Case>::kernels_of...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < Count; ++i) {
        check_conv2d(conv2d_case(Seed, i, Conv2dCases::one_channel), table[i], Draw(Seed + 1, i));
    }
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
    std::vector<F> scratch(kernels::OneChannelPlan<geometry, In, Out>::template scratch_numbers<F>);
    draw_both(draw, input, input2);
    draw_both(draw, gradient, gradient2);
    draw_both(draw, weight, weight2);
    kernels::conv2d_forward_rows_one_channel<geometry, In, Out, NoFunction>(input.data(), weight.data(), nullptr,
                                                                            output.data(), scratch.data(), {0, 28});
    kernels::conv2d_forward<geometry, In, Out, NoFunction>(input2.data(), weight2.data(), nullptr, output2.data());
    kernels::conv2d_backward_weight_one_channel<geometry, In, Out>(
        input.data(), gradient.data(), false, grad_weight.data(), grad_bias.data(), scratch.data());
    kernels::conv2d_backward_weight<geometry, In, Out>(input2.data(), gradient2.data(), false, grad_weight2.data(),
                                                       grad_bias2.data());
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
using PlanOf = kernels::OneChannelPlan<kernels::Conv2dGeometry{In, Out, 1, {.kernel = {Kernel, Kernel}}},
                                       Layout<In, Size, Size>, Layout<Out, Size - Kernel + 1, Size - Kernel + 1>>;
static_assert(PlanOf<1, 6, 5, 32>::forward_pays && PlanOf<1, 6, 5, 32>::backward_pays);
static_assert(PlanOf<1, 6, 5, 32>::count == 8 && PlanOf<1, 6, 5, 32>::pieces == 7);
static_assert(!PlanOf<1, 1, 2, 32>::forward_pays);
static_assert(!PlanOf<3, 32, 5, 32>::forward_pays && !PlanOf<3, 32, 5, 32>::backward_pays);
static_assert(!PlanOf<1, 6, 1, 28>::forward_pays && !PlanOf<1, 6, 1, 28>::backward_pays);
}  // namespace

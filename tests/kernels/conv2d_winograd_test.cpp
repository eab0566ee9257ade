// SPDX-License-Identifier: MIT
// Convolutions by minimal filtering are exact where their divisions are: on multiples of 24.
#include <ctcnn/kernels/conv2d_winograd.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "conv2d_cases.hpp"

using namespace ctcnn;

namespace {

/// The kernels of one case; each call brings scratch memory that is poison.
template <Number V, std::uint64_t Seed, std::size_t Case>
struct Filtering {
    using T = scalar_t<V>;
    static constexpr Conv2dCase c = conv2d_case(Seed, Case, true);
    using In =
        Layout<c.geometry.in_channels, c.input.height, c.input.width, c.input_border.height, c.input_border.width>;
    using Out = Layout<c.geometry.out_channels, c.output().height, c.output().width, c.output_border.height,
                       c.output_border.width>;
    using Function = std::conditional_t<c.relu, kernels::ReLU, NoFunction>;
    using Plan = kernels::WinogradPlan<c.geometry, In, Out>;

    static Buffer<V> scratch() { return Buffer<V>(Plan::template scratch_numbers<V>); }

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        Buffer<V> memory = scratch();
        kernels::conv2d_forward_winograd<c.geometry, In, Out, Function>(input, weight, bias, output, memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward_input(V* grad_input, const T* weight, const V* grad_output) {
        Buffer<V> memory = scratch();
        kernels::conv2d_backward_input_winograd<c.geometry, In, Out, Function>(grad_input, weight, grad_output,
                                                                               memory.data());
        CHECK(memory.guards_are_untouched());
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        Buffer<V> memory = scratch();
        kernels::conv2d_backward_weight_winograd<c.geometry, In, Out>(input, grad_output, add, grad_weight, grad_bias,
                                                                      memory.data());
        CHECK(memory.guards_are_untouched());
    }
};

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<Conv2dKernels<V>, Count>{Conv2dKernels<V>{&Filtering<V, Seed, Case>::forward,
                                                                    &Filtering<V, Seed, Case>::backward_input,
                                                                    &Filtering<V, Seed, Case>::backward_weight, 24}...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < Count; ++i) {
        check_conv2d(conv2d_case(Seed, i, true), table[i], Draw(Seed + 1, i));
    }
}

}  // namespace

TEST_CASE("minimal filtering of lanes of floats equals the naive loops") {
    check_cases<Lanes<float>, 140, portion(24)>();
}

TEST_CASE("minimal filtering of lanes of doubles equals the naive loops") {
    check_cases<Lanes<double>, 150, portion(12)>();
}

// Where it pays: not with one input channel, where the transforms of the output outweigh what they save.
namespace {
template <std::size_t In, std::size_t Out, std::size_t Kernel, std::size_t Size>
constexpr bool pays = kernels::WinogradPlan<{In, Out, 1, {.kernel = {Kernel, Kernel}}}, Layout<In, Size, Size>,
                                            Layout<Out, Size - Kernel + 1, Size - Kernel + 1>>::pays;
static_assert(pays<6, 16, 5, 14>);
static_assert(pays<32, 64, 3, 26>);
static_assert(!pays<1, 6, 5, 32>);
static_assert(!pays<64, 64, 1, 28>);
static_assert(!pays<6, 16, 7, 14>);
}  // namespace

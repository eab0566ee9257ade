// SPDX-License-Identifier: MIT
// Transposed convolutions of random geometry against the naive loops, bit by bit. Borders are poison: no kernel reads
// them.
#include <ctcnn/kernels/conv_transpose2d.hpp>

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
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

struct TransposedCase {
    kernels::Conv2dGeometry geometry;  // of the convolution that goes from the output to the input
    Extent input;
    Extent output;
    Extent input_border;
    Extent output_border;
    bool bias;
    bool relu;  // applied to the output, and taken as the function that made the input
};

/// Kernel 1 to 5, stride 1 to 3, padding 0 to 3, channels 1 to 9, images 1 to 9, output padding as far as it may go.
/// Dilation is 1 in two of three cases, else up to 3.
constexpr TransposedCase transposed_case(std::uint64_t seed, std::size_t index) {
    Draw draw(seed, index);
    TransposedCase result{};
    Window& window = result.geometry.window;
    window.kernel = draw.extent(1, 5);
    window.stride = draw.extent(1, 3);
    window.dilation = draw.once_in(3) ? draw.extent(1, 3) : Extent{1, 1};
    window.padding = draw.extent(0, 3);
    constexpr std::array<std::size_t, 6> groups{1, 1, 1, 2, 3, 9};
    result.geometry.groups = groups[draw.whole(0, groups.size() - 1)];
    result.geometry.in_channels = result.geometry.groups * draw.whole(1, 9 / result.geometry.groups);
    result.geometry.out_channels = result.geometry.groups * draw.whole(1, 9 / result.geometry.groups);
    const auto axis = [&](std::size_t kernel, std::size_t stride, std::size_t& padding, std::size_t dilation,
                          std::size_t& output) {
        const std::size_t input = draw.whole(1, 9);
        const std::size_t whole = (input - 1) * stride + span_of(kernel, dilation);
        padding = std::min(padding, (whole - 1) / 2);
        output = whole - 2 * padding + draw.whole(0, std::max(stride, dilation) - 1);
        return input;
    };
    result.input.height = axis(window.kernel.height, window.stride.height, window.padding.height,
                               window.dilation.height, result.output.height);
    result.input.width = axis(window.kernel.width, window.stride.width, window.padding.width, window.dilation.width,
                              result.output.width);
    result.input_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 3);
    result.output_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 3);
    result.bias = !draw.once_in(3);
    result.relu = draw.once_in(3);
    return result;
}

template <Number V>
struct TransposedKernels {
    using T = scalar_t<V>;
    void (*forward)(const V*, const T*, const T*, V*);
    void (*backward_input)(V*, const T*, const V*);
    void (*backward_weight)(const V*, const V*, bool, T*, T*);
};

/// The bias, or nullptr for a case that has none.
template <bool Has, typename T>
auto given([[maybe_unused]] T* bias) {
    if constexpr (Has) {
        return bias;
    } else {
        return nullptr;
    }
}

template <TransposedCase c, Number V>
struct Compiled {
    using T = scalar_t<V>;
    using In =
        Layout<c.geometry.out_channels, c.input.height, c.input.width, c.input_border.height, c.input_border.width>;
    using Out =
        Layout<c.geometry.in_channels, c.output.height, c.output.width, c.output_border.height, c.output_border.width>;
    using Function = std::conditional_t<c.relu, kernels::ReLU, NoFunction>;

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        kernels::conv_transpose2d_forward<c.geometry, Stage<In, Out, Function, V>>(input, weight, given<c.bias>(bias),
                                                                                   output);
    }
    static void backward_input(V* grad_input, const T* weight, const V* grad_output) {
        kernels::conv_transpose2d_backward_input<c.geometry, Stage<In, Out, Function, V>>(grad_input, weight,
                                                                                          grad_output);
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        kernels::conv_transpose2d_backward_weight<c.geometry, Stage<In, Out, NoFunction, V>>(
            input, grad_output, add, grad_weight, given<c.bias>(grad_bias));
    }
};

template <Number V, std::uint64_t Seed, std::size_t Case>
constexpr TransposedKernels<V> transposed_kernels() {
    using Own = Compiled<transposed_case(Seed, Case), V>;
    return {&Own::forward, &Own::backward_input, &Own::backward_weight};
}

/// Calls f(input index, weight index, output index) for each product that the layer sums: those of the convolution from
/// its output to its input.
template <typename F>
void for_each_product(const TransposedCase& c, const F& f) {
    const kernels::Conv2dGeometry& g = c.geometry;
    for (std::size_t i = 0; i < g.out_channels; ++i) {
        for (std::size_t o = 0; o < g.group_inputs(); ++o) {
            const std::size_t channel = i / g.group_outputs() * g.group_inputs() + o;
            naive::for_each_meeting(g.window, c.output, c.input, [&](Extent in, Extent out, Extent place) {
                f(naive::at(c.input, i, in.height, in.width),
                  naive::at(g.window.kernel, i * g.group_inputs() + o, place.height, place.width),
                  naive::at(c.output, channel, out.height, out.width));
            });
        }
    }
}

template <Number V>
void check(const TransposedCase& c, const TransposedKernels<V>& kernels, Draw numbers) {
    using T = scalar_t<V>;
    const std::size_t pixels = c.output.height * c.output.width;
    const Place in{c.geometry.out_channels, c.input, c.input_border};
    const Place out{c.geometry.in_channels, c.output, c.output_border};
    const std::vector<T> weight = numbers.integers<T>(c.geometry.weights());
    const std::vector<T> bias = numbers.integers<T>(c.bias ? c.geometry.in_channels : 0);
    Buffer<V> input(in.numbers());
    Buffer<V> output(out.numbers());
    Buffer<V> expected_output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    Buffer<V> expected_grad_input(in.numbers());
    Buffer<T> grad_weight(weight.size());
    Buffer<T> expected_grad_weight(weight.size());
    Buffer<T> grad_bias(bias.size());
    Buffer<T> expected_grad_bias(bias.size());

    // The gradients of the parameters, summed over the lanes, take the place of what is there, or are added to it.
    const bool add = numbers.once_in(2);
    std::vector<T> weight_sums = numbers.integers<T>(weight.size());
    std::vector<T> bias_sums = numbers.integers<T>(bias.size());
    grad_weight.set(0, weight_sums);
    grad_bias.set(0, bias_sums);
    if (!add) {
        weight_sums.assign(weight_sums.size(), 0);
        bias_sums.assign(bias_sums.size(), 0);
    }
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        const std::vector<T> image = numbers.integers<T>(c.geometry.out_channels * c.input.height * c.input.width);
        const std::vector<T> gradient = numbers.integers<T>(c.geometry.in_channels * pixels);
        in.put(input, lane, image);
        out.put(grad_output, lane, gradient);
        std::vector<T> result(gradient.size());
        std::vector<T> input_gradient(image.size());
        for_each_product(c, [&](std::size_t i, std::size_t w, std::size_t o) {
            result[o] += weight[w] * image[i];
            input_gradient[i] += weight[w] * gradient[o];
            weight_sums[w] += image[i] * gradient[o];
        });
        for (std::size_t o = 0; o < result.size(); ++o) {
            result[o] += c.bias ? bias[o / pixels] : T(0);
            result[o] = c.relu ? naive::relu_forward(result[o]) : result[o];
            if (c.bias) {
                bias_sums[o / pixels] += gradient[o];
            }
        }
        for (std::size_t i = 0; c.relu && i < image.size(); ++i) {
            input_gradient[i] = naive::relu_backward(image[i], input_gradient[i]);
        }
        out.put(expected_output, lane, result);
        in.put(expected_grad_input, lane, input_gradient);
    }
    expected_grad_weight.set(0, weight_sums);
    expected_grad_bias.set(0, bias_sums);

    kernels.forward(input.data(), weight.data(), bias.data(), output.data());
    CHECK(output == expected_output);
    kernels.backward_weight(input.data(), grad_output.data(), add, grad_weight.data(), grad_bias.data());
    CHECK(grad_weight == expected_grad_weight);
    CHECK(grad_bias == expected_grad_bias);
    kernels.backward_input(input.data(), weight.data(), grad_output.data());
    CHECK(input == expected_grad_input);
}

template <Number V, std::uint64_t Seed, std::size_t Count>
void check_cases() {
    const auto table = []<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<TransposedKernels<V>, Count>{transposed_kernels<V, Seed, Case>()...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < table.size(); ++i) {
        const TransposedCase c = transposed_case(Seed, i);
        const Window& window = c.geometry.window;
        INFO("channels " << c.geometry.out_channels << " -> " << c.geometry.in_channels << ", groups "
                         << c.geometry.groups << ", kernel " << text(window.kernel) << ", stride "
                         << text(window.stride) << ", padding " << text(window.padding) << ", dilation "
                         << text(window.dilation) << ", image " << text(c.input) << " -> " << text(c.output)
                         << ", borders " << text(c.input_border) << " and " << text(c.output_border) << ", bias "
                         << c.bias << ", relu " << c.relu << ", lanes " << lane_count<V>);
        check(c, table[i], Draw(Seed + 1, i));
    }
}

constexpr Range inside_of(std::ptrdiff_t start, std::size_t step, std::size_t count, std::size_t size) {
    return kernels::detail::columns_inside(start, step, count, size);
}
static_assert(inside_of(0, 1, 6, 6).first == 0 && inside_of(0, 1, 6, 6).last == 6);
static_assert(inside_of(-3, 2, 6, 4).first == 2 && inside_of(-3, 2, 6, 4).last == 4);
static_assert(inside_of(2, 1, 6, 4).first == 0 && inside_of(2, 1, 6, 4).last == 2);
static_assert(inside_of(5, 1, 6, 4).count() == 0 && inside_of(-9, 1, 6, 4).count() == 0);

// The figure of Dive into Deep Learning, 14.10, and its gradients, in constant expressions.
constexpr kernels::Conv2dGeometry two_by_two{1, 1, 1, {.kernel = {2, 2}}};
constexpr kernels::Conv2dGeometry strided{1, 1, 1, {.kernel = {2, 2}, .stride = {2, 2}}};
constexpr std::array<float, 4> zero_to_three{0, 1, 2, 3};

static_assert([] {
    using In = Layout<1, 2, 2>;
    using Out = Layout<1, 3, 3>;
    const float bias = 1;
    std::array<float, 9> output{};
    kernels::conv_transpose2d_forward<two_by_two, Stage<In, Out, NoFunction, float>>(
        zero_to_three.data(), zero_to_three.data(), &bias, output.data());
    const std::array<float, 9> grad_output{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::array<float, 4> grad_input = zero_to_three;
    kernels::conv_transpose2d_backward_input<two_by_two, Stage<In, Out, NoFunction, float>>(
        grad_input.data(), zero_to_three.data(), grad_output.data());
    std::array<float, 4> grad_weight{};
    float grad_bias = 0;
    kernels::conv_transpose2d_backward_weight<two_by_two, Stage<In, Out, NoFunction, float>>(
        zero_to_three.data(), grad_output.data(), false, grad_weight.data(), &grad_bias);
    return output == std::array<float, 9>{1, 1, 2, 1, 5, 7, 5, 13, 10} &&
           grad_input == std::array<float, 4>{25, 31, 43, 49} && grad_weight == std::array<float, 4>{25, 31, 43, 49} &&
           grad_bias == 45;
}());
static_assert([] {
    std::array<float, 16> output{};
    kernels::conv_transpose2d_forward<strided, Stage<Layout<1, 2, 2>, Layout<1, 4, 4>, NoFunction, float>>(
        zero_to_three.data(), zero_to_three.data(), nullptr, output.data());
    return output == std::array<float, 16>{0, 0, 0, 1, 0, 0, 2, 3, 0, 2, 0, 3, 4, 6, 6, 9};
}());

}  // namespace

TEST_CASE("transposed convolutions of floats equal the naive loops") { check_cases<float, 1400, portion(28)>(); }

TEST_CASE("transposed convolutions of doubles equal the naive loops") { check_cases<double, 1410, portion(28)>(); }

TEST_CASE("transposed convolutions of tiles equal the naive loops") {
    check_cases<Lanes<float>, 1420, portion(56)>();
    check_cases<Lanes<double>, 1430, portion(28)>();
}

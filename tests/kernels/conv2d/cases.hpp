// SPDX-License-Identifier: MIT
// Convolutions of random geometry against the naive loops. The table is fixed at compile time; the comparison itself is
// compiled once for each number type, so that a geometry costs its kernels and nothing else.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>

#include "../buffers.hpp"
#include "catch.hpp"
#include "draw.hpp"
#include "naive.hpp"

struct Conv2dCase {
    ctcnn::detail_::kernels::Conv2dGeometry geometry;
    ctcnn::detail_::Extent input;
    ctcnn::detail_::Extent input_border;
    ctcnn::detail_::Extent output_border;
    bool bias;
    bool relu;  // applied to the output, and taken as the function that made the input
    std::size_t input_gap = 0;
    std::size_t output_gap = 0;

    constexpr ctcnn::detail_::Extent output() const {
        return ctcnn::detail_::output_extent(geometry.window, input.height, input.width);
    }
};

/// Which kernels a case is for: the direct ones; those that filter rows, which have stride and dilation 1 and a kernel
/// 2 to 7 wide; those that filter rows of one channel; those that filter columns of a single image, which have no
/// groups, a kernel at least 2 wide and 2 to 7 high and an output at least 2 wide; those with a filter for each channel,
/// 1 to 5 wide and high, with dilation 1; those of a kernel 1x1 without padding and groups, with 1 to 80 channels; those
/// of 2 to 9 taps without groups, with 1 to 80 channels; those of a kernel 3x3 with stride and dilation 1, without
/// groups, with 1 to 40 channels.
enum class Conv2dCases {
    direct,
    filtering,
    one_channel,
    single_image,
    depthwise,
    pointwise,
    transposed,
    filtering_both_axes
};

/// Kernel 1 to 7, padding 0 to 3, channels 1 to 9, images 1 to 17, rectangular everywhere. Stride and dilation are 1 in
/// every other direct case, which has a kernel of its own, and 1 to 3 elsewhere.
constexpr Conv2dCase conv2d_case(std::uint64_t seed, std::size_t index, Conv2dCases cases = Conv2dCases::direct) {
    using ctcnn::detail_::Extent;
    Draw draw(seed, index);
    Conv2dCase result{};
    ctcnn::detail_::Window& window = result.geometry.window;
    window.kernel = draw.extent(1, 7);
    window.padding = draw.extent(0, 3);
    if (cases == Conv2dCases::depthwise) {
        window.kernel = draw.extent(1, 5);
        window.stride = draw.extent(1, 3);
        window.padding = {draw.whole(0, window.kernel.height - 1), draw.whole(0, window.kernel.width - 1)};
    } else if (cases == Conv2dCases::pointwise) {
        window = {.stride = draw.extent(1, 3)};
    } else if (cases == Conv2dCases::transposed) {
        window.kernel = {1 + index % 3, draw.whole(2, 3)};
        window.stride = draw.extent(1, 2);
        window.dilation = draw.extent(1, 2);
    } else if (cases == Conv2dCases::single_image) {
        window.kernel = {2 + index % 6, std::max<std::size_t>(window.kernel.width, 2)};
    } else if (cases == Conv2dCases::filtering_both_axes) {
        window.kernel = {3, 3};
    } else if (cases != Conv2dCases::direct) {
        window.kernel.width = 2 + index % 6;
    } else if (index % 2 == 1) {
        window.stride = draw.extent(1, 3);
        window.dilation = draw.extent(1, 3);
        // A kernel that spans more than 17 pixels fits only into a padded image.
        window.padding.height =
            ctcnn::detail_::span_of(window.kernel.height, window.dilation.height) > 17 ? 3 : window.padding.height;
        window.padding.width =
            ctcnn::detail_::span_of(window.kernel.width, window.dilation.width) > 17 ? 3 : window.padding.width;
    }
    constexpr std::array<std::size_t, 6> groups{1, 1, 1, 2, 3, 9};
    result.geometry.groups = groups[draw.whole(0, groups.size() - 1)];
    result.geometry.in_channels = result.geometry.groups * draw.whole(1, 9 / result.geometry.groups);
    result.geometry.out_channels = result.geometry.groups * draw.whole(1, 9 / result.geometry.groups);
    if (cases == Conv2dCases::one_channel) {
        result.geometry.groups = result.geometry.in_channels = 1;
    }
    if (cases == Conv2dCases::depthwise) {
        result.geometry.groups = result.geometry.in_channels = result.geometry.out_channels = draw.whole(1, 5);
    }
    if (cases == Conv2dCases::pointwise) {
        result.geometry = {draw.whole(1, 80), draw.whole(1, 20), 1, window};
    }
    if (cases == Conv2dCases::transposed) {
        result.geometry = {draw.whole(1, 80), draw.whole(1, 20), 1, window};
    }
    if (cases == Conv2dCases::filtering_both_axes) {
        result.geometry = {draw.whole(1, 40), draw.whole(1, 40), 1, window};
    }
    result.input = draw.image(window, 17);
    if (cases == Conv2dCases::single_image) {
        result.geometry.groups = 1;
        result.input.width = std::max(result.input.width, window.kernel.width + 1);
    }
    const Extent more = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 2);
    result.input_border = {window.padding.height + more.height, window.padding.width + more.width};
    result.output_border = draw.once_in(2) ? Extent{0, 0} : draw.extent(0, 3);
    result.bias = !draw.once_in(3);
    result.relu = draw.once_in(3);
    result.input_gap = draw.once_in(3) ? draw.whole(1, 2) : 0;
    result.output_gap = draw.once_in(3) ? draw.whole(1, 2) : 0;
    return result;
}

template <ctcnn::detail_::Number V>
struct Conv2dKernels {
    using T = ctcnn::detail_::scalar_t<V>;
    void (*forward)(const V*, const T*, const T*, V*);
    void (*backward_input)(V*, const T*, const V*);
    void (*backward_weight)(const V*, const V*, bool, T*, T*);
    /// Both at once, where there is such a kernel.
    void (*backward)(V*, const T*, const V*, bool, T*, T*) = nullptr;
    /// Weights and gradients are multiples of it: an algorithm that divides is exact on them.
    T factor = 1;
};

/// f(bias) for a case that has one, else f(nullptr).
template <bool HasBias, typename T, typename F>
void give_bias(const T* bias, const F& f) {
    if constexpr (HasBias) {
        f(bias);
    } else {
        f(nullptr);
    }
}

/// The stage of a case.
template <ctcnn::detail_::Number V, Conv2dCase c>
using StageOf = ctcnn::detail_::kernels::ConvStage<
    c.geometry,
    ctcnn::detail_::Stage<ctcnn::detail_::Layout<c.geometry.in_channels, c.input.height, c.input.width,
                                                 c.input_border.height, c.input_border.width, c.input_gap>,
                          ctcnn::detail_::Layout<c.geometry.out_channels, c.output().height, c.output().width,
                                                 c.output_border.height, c.output_border.width, c.output_gap>,
                          std::conditional_t<c.relu, ctcnn::detail_::kernels::ReLU, ctcnn::detail_::NoFunction>, V>>;

/// The functions of a way for one case; where it has none, those of the direct way. Each call brings scratch memory that
/// is poison. Rows are asked for in portions of 1, 2, 3, 1, ...
template <typename Way, ctcnn::detail_::Number V, Conv2dCase c>
struct ThroughWay {
    using T = ctcnn::detail_::scalar_t<V>;
    using Stage = StageOf<V, c>;
    using Direction = ctcnn::detail_::kernels::conv2d::Direction;
    static_assert(Way::template possible<Stage>);
    template <Direction D>
    using Taken = std::conditional_t<Way::has(D), Way, ctcnn::detail_::kernels::conv2d::Direct>;

    template <typename W, typename Call>
    static void with_scratch(const Call& call) {
        Buffer<V> memory(W::template scratch_size<Stage>);
        call(memory.data());
        CHECK(memory.guards_are_untouched());
    }

    static void forward(const V* input, const T* weight, const T* bias, V* output) {
        using W = Taken<Direction::forward>;
        with_scratch<W>([&](V* scratch) {
            give_bias<c.bias>(bias, [&](auto given) {
                if constexpr (W::by_rows) {
                    constexpr std::size_t height = Stage::Out::height;
                    for (std::size_t first = 0, rows = 1; first < height; first += rows, rows = rows % 3 + 1) {
                        W::template forward_rows<Stage>(input, weight, given, output, scratch,
                                                        {first, std::min(first + rows, height)});
                    }
                } else {
                    W::template forward<Stage>(input, weight, given, output, scratch);
                }
            });
        });
    }
    static void backward_input(V* grad_input, const T* weight, const V* grad_output) {
        using W = Taken<Direction::backward_input>;
        with_scratch<W>(
            [&](V* scratch) { W::template backward_input<Stage>(grad_input, weight, grad_output, scratch); });
    }
    static void backward_weight(const V* input, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        using W = Taken<Direction::backward_parameters>;
        with_scratch<W>([&](V* scratch) {
            W::template backward_parameters<typename Stage::WithoutFunction>(input, grad_output, add, grad_weight,
                                                                             grad_bias, scratch);
        });
    }
    static void backward(V* grad_input, const T* weight, const V* grad_output, bool add, T* grad_weight, T* grad_bias) {
        if constexpr (Way::has(Direction::backward)) {
            with_scratch<Way>([&](V* scratch) {
                Way::template backward<Stage>(grad_input, weight, grad_output, add, grad_weight, grad_bias, scratch);
            });
        }
    }
};

/// A way that divides is exact on multiples of 360.
template <typename Way, ctcnn::detail_::Number V, Conv2dCase c>
constexpr Conv2dKernels<V> conv2d_kernels(int factor = 1) {
    using Through = ThroughWay<Way, V, c>;
    return {&Through::forward, &Through::backward_input, &Through::backward_weight,
            Way::has(Through::Direction::backward) ? &Through::backward : nullptr,
            static_cast<ctcnn::detail_::scalar_t<V>>(factor)};
}

/// Every lane has an image of its own; the weights are shared.
template <ctcnn::detail_::Number V>
void check_conv2d(const Conv2dCase& c, const Conv2dKernels<V>& kernels, Draw numbers) {
    using T = ctcnn::detail_::scalar_t<V>;
    const ctcnn::detail_::Window& window = c.geometry.window;
    const naive::Conv2d conv{c.geometry.in_channels, c.geometry.out_channels, c.geometry.groups, c.input, window};
    const Place in{c.geometry.in_channels, c.input, c.input_border, c.input_gap};
    const Place out{c.geometry.out_channels, conv.output(), c.output_border, c.output_gap};
    INFO("channels " << c.geometry.in_channels << " -> " << c.geometry.out_channels << ", groups " << c.geometry.groups
                     << ", kernel " << text(window.kernel) << ", stride " << text(window.stride) << ", padding "
                     << text(window.padding) << ", dilation " << text(window.dilation) << ", image " << text(c.input)
                     << ", borders " << text(c.input_border) << " and " << text(c.output_border) << ", gaps "
                     << c.input_gap << " and " << c.output_gap << ", bias " << c.bias << ", relu " << c.relu
                     << ", lanes " << ctcnn::detail_::lane_count<V>);
    REQUIRE(conv.output() == c.output());

    const auto multiples = [&](std::size_t count) {
        std::vector<T> result = numbers.integers<T>(count);
        for (T& number : result) {
            number *= kernels.factor;
        }
        return result;
    };
    const std::vector<T> weight = multiples(conv.weight_size());
    const std::vector<T> bias = numbers.integers<T>(c.bias ? conv.out_channels : 0);
    Buffer<V> input = in.zeros<V>();
    Buffer<V> output(out.numbers());
    Buffer<V> expected_output(out.numbers());
    Buffer<V> grad_output(out.numbers());
    Buffer<V> grad_input(in.numbers());
    Buffer<V> expected_grad_input(in.numbers());
    Buffer<V> expected_changed_input = in.zeros<V>();
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
    for (std::size_t lane = 0; lane < ctcnn::detail_::lane_count<V>; ++lane) {
        const std::vector<T> image = numbers.integers<T>(conv.input_size());
        const std::vector<T> gradient = multiples(conv.output_size());
        in.put(input, lane, image);
        std::vector<T> result = naive::conv2d_forward(conv, image, weight, bias);
        for (T& number : result) {
            number = c.relu ? naive::relu_forward(number) : number;
        }
        out.put(expected_output, lane, result);

        out.put(grad_output, lane, gradient);
        in.put(grad_input, lane, image);
        result = naive::conv2d_backward_input(conv, weight, gradient);
        for (std::size_t i = 0; c.relu && i < result.size(); ++i) {
            result[i] = naive::relu_backward(image[i], result[i]);
        }
        in.put(expected_grad_input, lane, result);
        in.put(expected_changed_input, lane, result);

        result = naive::conv2d_backward_weight(conv, image, gradient);
        for (std::size_t i = 0; i < result.size(); ++i) {
            weight_sums[i] += result[i];
        }
        result = naive::conv2d_backward_bias(conv, gradient);
        for (std::size_t o = 0; o < bias.size(); ++o) {
            bias_sums[o] += result[o];
        }
    }
    expected_grad_weight.set(0, weight_sums);
    expected_grad_bias.set(0, bias_sums);

    kernels.forward(input.data(), weight.data(), c.bias ? bias.data() : nullptr, output.data());
    CHECK(output == expected_output);
    if (kernels.backward != nullptr) {
        Buffer<V> changed_input = input;
        Buffer<T> changed_weight = grad_weight;
        Buffer<T> changed_bias = grad_bias;
        kernels.backward(changed_input.data(), weight.data(), grad_output.data(), add, changed_weight.data(),
                         c.bias ? changed_bias.data() : nullptr);
        CHECK(changed_input == expected_changed_input);
        CHECK(changed_weight == expected_grad_weight);
        CHECK(changed_bias == expected_grad_bias);
    }
    kernels.backward_input(grad_input.data(), weight.data(), grad_output.data());
    CHECK(grad_input == expected_grad_input);
    kernels.backward_weight(input.data(), grad_output.data(), add, grad_weight.data(),
                            c.bias ? grad_bias.data() : nullptr);
    CHECK(grad_weight == expected_grad_weight);
    CHECK(grad_bias == expected_grad_bias);
}

/// Compares `Count` convolutions; each seed has its own.
template <typename Way, ctcnn::detail_::Number V, std::uint64_t Seed, std::size_t Count,
          Conv2dCases Cases = Conv2dCases::direct>
void check_conv2d_cases(int factor = 1) {
    const auto table = [&]<std::size_t... Case>(std::index_sequence<Case...>) {
        return std::array<Conv2dKernels<V>, Count>{conv2d_kernels<Way, V, conv2d_case(Seed, Case, Cases)>(factor)...};
    }(std::make_index_sequence<Count>{});
    for (std::size_t i = 0; i < Count; ++i) {
        check_conv2d(conv2d_case(Seed, i, Cases), table[i], Draw(Seed + 1, i));
    }
}

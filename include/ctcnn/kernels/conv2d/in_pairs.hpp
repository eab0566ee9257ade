// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/direct.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/pointwise.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/transposed.hpp>
#include <ctcnn/kernels/pairs.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// PairedConvolution: the parameters of a convolution without groups, and behind them what its way of pairs reads.
/// Layouts  weight, place for a bias (Co), forward (Co, pair_count(Ci), taps), backward (pair_count(Co), Ci, taps)
template <Conv2dGeometry G, Number V, bool Forward, bool Backward>
struct PairedConvolution {
    using T = scalar_t<V>;
    static constexpr std::size_t row = G.in_channels * G.taps();
    static constexpr std::size_t forward_row = pair_count(G.in_channels) * G.taps();
    static constexpr std::size_t forward = G.weights() + G.out_channels;
    static constexpr std::size_t backward = forward + (Forward ? G.out_channels * forward_row : 0);
    static constexpr std::size_t size = backward + (Backward ? pair_count(G.out_channels) * row : 0);

    static constexpr std::size_t channels = 16;  // in a part
    static constexpr std::size_t parts = (G.out_channels + channels - 1) / channels;

    /// Some of them, with so many biases; those for backward only if it is asked for.
    static void pack(const T* parameters, std::size_t biases, T* packed, std::size_t part, bool with_backward) {
        const std::size_t first = part * channels;
        const std::size_t last = std::min(G.out_channels, first + channels);
        std::copy_n(parameters + first * row, (last - first) * row, packed + first * row);
        for (std::size_t o = first; o < last; ++o) {
            const T* weights = parameters + o * row;
            T* pairs = packed + forward + o * forward_row;
            if constexpr (Forward && G.taps() == 1) {
                pair_row<G.in_channels, V>(weights, pairs);
            } else if constexpr (Forward) {
                for (std::size_t i = 0; i < G.in_channels; i += 2) {
                    const T* of_channel = weights + i * G.taps();
                    pair_rows<G.taps(), V>(of_channel, i + 1 < G.in_channels ? of_channel + G.taps() : nullptr,
                                           pairs + i / 2 * G.taps());
                }
            }
            if (Backward && with_backward && o % 2 == 0) {
                pair_rows<row, V>(weights, o + 1 < G.out_channels ? weights + row : nullptr,
                                  packed + backward + o / 2 * row);
            }
        }
        if (part == 0) {
            std::copy_n(parameters + G.weights(), biases, packed + G.weights());
        }
    }
};

/// A layout with a channel for each pair of channels.
template <typename L>
using PairedLayout = Layout<pair_count(L::channels), L::height, L::width, L::border.height, L::border.width, L::gap>;

/// Pairs of neighbouring channels, with their borders.
template <typename L, Number V>
[[gnu::noinline]] void pair_channels(const V* channels, V* pairs) {
    for (std::size_t c = 0; c < L::channels; c += 2, channels += 2 * L::plane, pairs += L::plane) {
        for (std::size_t i = 0; i < L::plane - L::gap; ++i) {
            pairs[i] = Bf16Pairs<V>::zip(channels[i], c + 1 < L::channels ? channels[L::plane + i] : V{});
        }
    }
}

/// Pairs of neighbouring images of so many elements: half as many registers.
template <Number V>
[[gnu::noinline]] void pair_images(const V* elements, std::size_t count, V* pairs) {
    for (std::size_t i = 0; i < count; i += 2) {
        *pairs++ = Bf16Pairs<V>::round(elements[i], i + 1 < count ? elements[i + 1] : V{});
    }
}

/// InPairs: convolutions of tiles of images whose factors are pairs of bf16, as sums of products: pairs of input
/// channels forward, of output channels for the gradient of the input, and of images for that of the weights.
struct InPairs : Way {
    static constexpr const char* name = "in pairs";
    static constexpr bool in_pairs = true;
    static constexpr bool has(Direction) { return true; }

    template <typename Stage>
    static constexpr bool possible = terms<typename Stage::Factor> == 2 && Stage::geometry.groups == 1;
    /// Whether it has the gradient of the weights.
    template <typename Stage>
    static constexpr bool has_weights = Stage::geometry.taps() == 1 ? Pointwise::template possible<Stage>
                                                                    : Stage::geometry.taps() <= Transposed::most_taps;
    /// Blocks of as many channels as there are lanes are transposed for the gradient of the weights.
    template <typename Stage>
    static constexpr bool profitable(Direction direction) {
        constexpr const Conv2dGeometry& G = Stage::geometry;
        const bool transposes = direction == Direction::backward_parameters || direction == Direction::backward;
        return G.out_channels >= 8 && G.in_channels >= (transposes ? 16 : 8) && (!transposes || has_weights<Stage>);
    }

    template <typename Stage>
    static constexpr std::size_t forward_size = PairedLayout<typename Stage::In>::size;
    template <typename Stage>
    static constexpr std::size_t backward_size = PairedLayout<typename Stage::Out>::size;
    template <typename Stage>
    static constexpr std::size_t images_size = pair_count(Stage::Out::size);
    template <typename Stage>
    static constexpr std::size_t parameters_size = [] {
        if constexpr (!has_weights<Stage>) {
            return std::size_t{0};
        } else if constexpr (Stage::geometry.taps() == 1) {
            return images_size<Stage> + Pointwise::template scratch_size<Stage>;
        } else {
            return images_size<Stage> + Transposed::template scratch_size<Stage>;
        }
    }();
    template <typename Stage>
    static constexpr std::size_t scratch_size =
        std::max({forward_size<Stage>, backward_size<Stage>, parameters_size<Stage>});

    template <typename Stage, typename Bias>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch) {
        using In = PairedLayout<typename Stage::In>;
        static constexpr Conv2dGeometry pairs{In::channels, Stage::geometry.out_channels, 1, Stage::geometry.window};
        using Paired = ConvStage<pairs, typename Stage::template WithLayouts<In, typename Stage::Out>>;
        pair_channels<typename Stage::In>(input, scratch);
        direct_forward_rows<Paired>(scratch, weight, bias, output, Range{0, Stage::Out::height});
    }
    template <typename Stage>
    static void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                               const typename Stage::V* grad_output, typename Stage::V* scratch) {
        using Out = PairedLayout<typename Stage::Out>;
        static constexpr Conv2dGeometry pairs{Stage::geometry.in_channels, Out::channels, 1, Stage::geometry.window};
        using Paired = ConvStage<pairs, typename Stage::template WithLayouts<typename Stage::In, Out>>;
        pair_channels<typename Stage::Out>(grad_output, scratch);
        direct_backward_input<Paired>(grad_input, weight, scratch);
    }
    template <typename Stage>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch) {
        pair_images(grad_output, Stage::Out::size, scratch);
        typename Stage::V* panels = scratch + images_size<Stage>;
        if constexpr (Stage::geometry.taps() == 1) {
            pointwise_backward_weight<Stage>(input, scratch, add, grad_weight, panels);
        } else {
            transposed_backward_weight<Stage>(input, scratch, add, grad_weight, panels);
        }
        backward_bias<Stage>(grad_output, add, grad_bias);
    }
    template <typename Stage>
    static void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                         const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                         typename Stage::T* grad_bias, typename Stage::V* scratch) {
        backward_parameters<Stage>(grad_input, grad_output, add, grad_weight, grad_bias, scratch);
        backward_input<Stage>(grad_input, weight, grad_output, scratch);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

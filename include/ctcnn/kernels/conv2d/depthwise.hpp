// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

// One filter for each channel. The weights of a channel are held in registers while its plane passes by, each element
// is read once for a row of the kernel, and serves all products of some neighbouring columns that it is part of.
namespace CTCNN_DETAIL::kernels::conv2d {

/// The weights of a channel, in all lanes.
template <std::size_t Taps, Number V>
[[gnu::always_inline]] constexpr void hold_weights(const scalar_t<V>* weight, V* held) {
    unroll<Taps>([&](std::size_t k) __attribute__((always_inline)) {
        held[k] = broadcast<V>(weight[k]);
        hold_in_register(held[k]);
    });
}

/// How many columns depthwise kernels compute at a time, beside `taps` weights or their gradients.
consteval std::size_t depthwise_columns(std::size_t width, std::size_t taps) {
    return equal_portion(width, std::clamp<std::size_t>(vector_registers - std::min(vector_registers, taps + 2), 4, 8));
}

template <typename Stage, typename Bias>
constexpr void depthwise_forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                      typename Stage::V* output, Range rows) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr const Extent& kernel = Stage::geometry.window.kernel;
    constexpr const Extent& stride = Stage::geometry.window.stride;
    for (std::size_t c = 0; c < Out::channels; ++c) {
        V taps[G.taps()];
        hold_weights<G.taps()>(weight + c * G.taps(), taps);
        const V end = bias_of<V>(bias, c);
        for (std::size_t h = rows.first; h < rows.last; ++h) {
            for_each_piece<Out::width, depthwise_columns(Out::width, G.taps())>(
                [&](std::size_t w, auto columns) __attribute__((always_inline)) {
                    constexpr std::size_t N = decltype(columns)::value;
                    const V* x = forget_origin(input + Stage::corner + c * In::plane + h * stride.height * In::row +
                                               w * stride.width);
                    V sum[N];
                    clear_tile(sum, indices<N>);
                    unroll<kernel.height>([&](std::size_t kh) __attribute__((always_inline)) {
                        unroll<(N - 1) * stride.width + kernel.width>(
                            [&](std::size_t i) __attribute__((always_inline)) {
                                V value = x[kh * In::row + i];
                                hold_in_register(value);
                                unroll<kernel.width>([&](std::size_t kw) __attribute__((always_inline)) {
                                    const std::size_t first = i - kw;  // of the kernel's columns, or far beyond all
                                    if (first % stride.width == 0 && first / stride.width < N) {
                                        V& target = sum[first / stride.width];
                                        target = multiply_add(value, taps[kh * kernel.width + kw], target);
                                    }
                                });
                            });
                    });
                    V* target = output + Out::offset(c, h, w);
                    unroll<N>([&](std::size_t n)
                                  __attribute__((always_inline)) { target[n] = with_bias<Bias>(sum[n], end); });
                });
            if constexpr (!std::is_same_v<typename Stage::Function, NoFunction>) {
                map_row<typename Stage::Function>(output + Out::offset(c, h, 0), Out::width);
            }
        }
    }
}

/// How depthwise_backward_input goes over its input, on one axis: `block` positions at a time, a multiple of the
/// stride, so that the products of each position in a block are known when it is compiled. Source j of a block is
/// output number block / stride + j - before.
struct DepthwiseAxis {
    std::size_t block;
    std::size_t kernel;
    std::size_t stride;
    std::size_t padding;

    constexpr std::size_t before() const { return (kernel - 1 - padding) / stride; }
    constexpr std::size_t sources() const { return before() + (block - 1 + padding) / stride + 1; }
    /// The kernel position that joins position n of a block and source j; far beyond the kernel where there is none.
    constexpr std::size_t tap(std::size_t n, std::size_t j) const {
        return n + padding + stride * before() - stride * j;
    }
};

/// How depthwise_backward_input cuts its input. The first and the last blocks of a row, for which the output has no
/// sources on one side, are known when they are compiled.
template <Conv2dGeometry G, typename In, typename Out>
struct DepthwisePieces {
    static constexpr const Window& window = G.window;
    static constexpr DepthwiseAxis rows{window.stride.height, window.kernel.height, window.stride.height,
                                        window.padding.height};
    static constexpr std::size_t width =
        (depthwise_columns(In::width, G.taps()) + window.stride.width - 1) / window.stride.width * window.stride.width;
    static constexpr DepthwiseAxis columns{width, window.kernel.width, window.stride.width, window.padding.width};
    static constexpr std::size_t count = (In::width + width - 1) / width;

    static constexpr std::size_t first_source(std::size_t piece) { return piece * width / window.stride.width; }
    static constexpr bool whole(std::size_t piece) {
        return first_source(piece) >= columns.before() && (piece + 1) * width <= In::width &&
               first_source(piece) - columns.before() + columns.sources() <= Out::width;
    }
    static constexpr Range inner = [] {
        std::size_t first = 0;
        while (first < count && !whole(first)) {
            ++first;
        }
        std::size_t last = first;
        while (last < count && whole(last)) {
            ++last;
        }
        return Range{first, last};
    }();
    using Left = std::make_index_sequence<inner.first>;
    using Right = std::make_index_sequence<count - inner.last>;
};

/// A block of the gradient of a channel: the rows from h on, the columns of a piece.
template <typename Stage, typename Piece>
constexpr void depthwise_backward_block(typename Stage::V* grad_input, std::size_t h, Piece piece,
                                        const typename Stage::V* taps, const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using Pieces = DepthwisePieces<Stage::geometry, In, Out>;
    constexpr DepthwiseAxis rows = Pieces::rows;
    constexpr DepthwiseAxis columns = Pieces::columns;
    constexpr bool inner = std::same_as<Piece, std::size_t>;
    V sum[rows.block * columns.block];
    clear_tile(sum, indices<rows.block * columns.block>);
    const std::size_t first_row = h / rows.stride - rows.before();
    const std::size_t first_column = Pieces::first_source(piece) - columns.before();
    unroll<rows.sources()>([&](std::size_t j) __attribute__((always_inline)) {
        if (first_row + j < Out::height) {
            const V* source = forget_origin(grad_output + (first_row + j) * Out::row);
            unroll<columns.sources()>([&](std::size_t i) __attribute__((always_inline)) {
                if (inner || first_column + i < Out::width) {
                    V value = source[first_column + i];
                    hold_in_register(value);
                    unroll<rows.block>([&](std::size_t r) __attribute__((always_inline)) {
                        unroll<columns.block>([&](std::size_t n) __attribute__((always_inline)) {
                            const std::size_t kh = rows.tap(r, j);
                            const std::size_t kw = columns.tap(n, i);
                            if (kh < rows.kernel && kw < columns.kernel) {
                                V& target = sum[r * columns.block + n];
                                target = multiply_add(value, taps[kh * columns.kernel + kw], target);
                            }
                        });
                    });
                }
            });
        }
    });
    const std::size_t w = piece * columns.block;
    unroll<rows.block>([&](std::size_t r) __attribute__((always_inline)) {
        if (h + r < In::height) {
            V* target = grad_input + (h + r) * In::row + w;
            unroll<columns.block>([&](std::size_t n) __attribute__((always_inline)) {
                if (inner || w + n < In::width) {
                    target[n] = Stage::Function::backward(target[n], sum[r * columns.block + n]);
                }
            });
        }
    });
}

template <typename Stage>
constexpr void depthwise_backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                        const typename Stage::V* grad_output, Range channels) {
    using In = typename Stage::In;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Pieces = DepthwisePieces<G, In, typename Stage::Out>;
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        V taps[G.taps()];
        hold_weights<G.taps()>(weight + c * G.taps(), taps);
        V* target = grad_input + In::offset(c, 0, 0);
        const V* source = grad_output + Stage::Out::offset(c, 0, 0);
        for (std::size_t h = 0; h < In::height; h += Pieces::rows.block) {
            [&]<std::size_t... P>(std::index_sequence<P...>) {
                (depthwise_backward_block<Stage>(target, h, Index<P>{}, taps, source), ...);
            }(typename Pieces::Left{});
            for (std::size_t piece = Pieces::inner.first; piece < Pieces::inner.last; ++piece) {
                depthwise_backward_block<Stage>(target, h, piece, taps, source);
            }
            [&]<std::size_t... P>(std::index_sequence<P...>) {
                (depthwise_backward_block<Stage>(target, h, Index<Pieces::inner.last + P>{}, taps, source), ...);
            }(typename Pieces::Right{});
        }
    }
}

template <typename Stage>
constexpr void depthwise_backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                             bool add, typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                             Range channels) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr const Extent& kernel = Stage::geometry.window.kernel;
    constexpr const Extent& stride = Stage::geometry.window.stride;
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        V sum[G.taps()];
        clear_tile(sum, indices<G.taps()>);
        for (std::size_t h = 0; h < Out::height; ++h) {
            for_each_piece<Out::width, depthwise_columns(Out::width, G.taps())>(
                [&](std::size_t w, auto columns) __attribute__((always_inline)) {
                    constexpr std::size_t N = decltype(columns)::value;
                    const V* x = forget_origin(input + Stage::corner + c * In::plane + h * stride.height * In::row +
                                               w * stride.width);
                    const V* source = forget_origin(grad_output + Out::offset(c, h, w));
                    V gradient[N];
                    unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                        gradient[n] = source[n];
                        hold_in_register(gradient[n]);
                    });
                    // Neighbouring products belong to different sums, since one would wait for the other.
                    unroll<(N - 1) * stride.width + kernel.width>([&](std::size_t i) __attribute__((always_inline)) {
                        unroll<kernel.height>([&](std::size_t kh) __attribute__((always_inline)) {
                            V value = x[kh * In::row + i];
                            hold_in_register(value);
                            unroll<kernel.width>([&](std::size_t kw) __attribute__((always_inline)) {
                                const std::size_t first = i - kw;
                                if (first % stride.width == 0 && first / stride.width < N) {
                                    V& target = sum[kh * kernel.width + kw];
                                    target = multiply_add(value, gradient[first / stride.width], target);
                                }
                            });
                        });
                    });
                });
        }
        V tile[G.taps()];
        unroll<G.taps()>([&](std::size_t k) __attribute__((always_inline)) { tile[k] = sum[k]; });
        store_tile_sums<1, G.taps()>(tile, add, grad_weight + c * G.taps(), G.taps());
        if (grad_bias != nullptr) {
            const auto bias = sum_of_rows<Out>(grad_output + Out::offset(c, 0, 0), Out::height);
            grad_bias[c] = add ? grad_bias[c] + bias : bias;
        }
    }
}

/// Depthwise: a filter for each channel (Groups equal to both numbers of channels), of any stride, with dilation 1.
struct Depthwise : Way {
    static constexpr const char* name = "depthwise";
    static constexpr bool by_rows = true;
    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction direction) { return direction != Direction::backward; }
    template <typename Stage>
    static constexpr bool possible =
        Stage::geometry.groups == Stage::geometry.in_channels &&
        Stage::geometry.groups == Stage::geometry.out_channels && Stage::geometry.window.dilation == Extent{1, 1} &&
        Stage::geometry.window.padding.height < Stage::geometry.window.kernel.height &&
        Stage::geometry.window.padding.width < Stage::geometry.window.kernel.width;
    /// The weights and the sums of four columns find room in the registers. What lies between neighbouring outputs is
    /// written out: strides are small.
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        constexpr const Extent& stride = Stage::geometry.window.stride;
        return is_lanes<typename Stage::V> && Stage::geometry.taps() + 6 <= vector_registers && stride.height <= 8 &&
               stride.width <= 8;
    }

    template <typename Stage, typename Bias>
    static constexpr void forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                       typename Stage::V* output, typename Stage::V*, Range rows) {
        depthwise_forward_rows<Stage>(input, weight, bias, output, rows);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                         const typename Stage::V* grad_output, typename Stage::V*, Crew crew = {}) {
        depthwise_backward_input<Stage>(grad_input, weight, grad_output, crew.share(Stage::In::channels));
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                              typename Stage::V*, Crew crew = {}) {
        depthwise_backward_parameters<Stage>(input, grad_output, add, grad_weight, grad_bias,
                                             crew.share(Stage::Out::channels));
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

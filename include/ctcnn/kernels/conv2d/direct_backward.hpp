// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <utility>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// The columns of the input first, first + stride, ...: they meet the same columns of the kernel, and their gradient is
/// that of a convolution with stride 1 by these: column t of them receives from output t + padding - j by column
/// first_tap + j * stride of the kernel. With stride 1 it is all columns.
template <Conv2dGeometry G, typename In, std::size_t First>
struct BackwardColumns {
    static constexpr std::size_t first = First;
    static constexpr std::size_t stride = G.window.stride.width;
    static constexpr std::size_t padding = (First + G.window.padding.width) / stride;
    static constexpr std::size_t first_tap = (First + G.window.padding.width) % stride;
    static constexpr std::size_t kernel = taps_apart(G.window.kernel.width, first_tap, stride);
    static constexpr std::size_t count = taps_apart(In::width, First, stride);
};

/// One tile of direct_backward_input_dense: M channels of N columns, from (0, h, column w of the Columns) of
/// `grad_input` on. Where the kernel hangs over the edge of the output, the missing products are left out. Column is a
/// number for a tile that sees all kernel columns; else it is a constant, and what each kernel column reaches is known
/// when it is compiled.
template <std::size_t M, std::size_t N, typename Stage, typename Columns, typename Column>
constexpr void direct_backward_input_tile(typename Stage::V* grad_input, std::size_t h, Column w,
                                          const typename Stage::T* weight, const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using Before = typename Stage::Function;
    using V = typename Stage::V;
    using Factor = typename Stage::Factor;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr std::size_t next = G.group_inputs() * G.taps();
    constexpr std::size_t stride = G.window.stride.height;
    constexpr bool whole = std::same_as<Column, std::size_t>;
    const std::size_t top = (h + G.window.padding.height) / stride;
    const std::size_t first_tap = (h + G.window.padding.height) % stride;
    const std::size_t position = w + Columns::padding;
    const Range rows = taps_of(top, taps_apart(G.window.kernel.height, first_tap, stride), Out::height);

    V sum[M * N];
    clear_tile(sum, indices<M * N>);
    for (std::size_t kh = rows.first; kh < rows.last; ++kh) {
        for (std::size_t o = 0; o < G.group_outputs(); ++o) {
            const V* row = forget_origin(grad_output + Out::offset(o, top - kh, 0));
            const auto* tap =
                weight + o * next + (first_tap + kh * stride) * G.window.kernel.width + Columns::first_tap;
            if constexpr (whole) {
#pragma GCC unroll 1
                for (std::size_t kw = 0; kw < Columns::kernel; ++kw) {
                    const V* pixel = forget_origin(row + (position - kw));
                    add_outer_product<M, N>(
                        sum,
                        [&](std::size_t m) __attribute__((always_inline)) {
                            return broadcast_factor<Factor>(tap[m * G.taps() + kw * Columns::stride]);
                        },
                        [&](std::size_t n) __attribute__((always_inline)) { return factor_in<Factor>(pixel[n]); });
                }
            } else {
                constexpr std::size_t first = Column::value + Columns::padding;
                unroll<Columns::kernel>([&](std::size_t kw) __attribute__((always_inline)) {
                    add_outer_product<M, N>(
                        sum,
                        [&](std::size_t m) __attribute__((always_inline)) {
                            return broadcast_factor<Factor>(tap[m * G.taps() + kw * Columns::stride]);
                        },
                        [&](std::size_t n)
                            __attribute__((always_inline)) { return factor_in<Factor>(row[first + n - kw]); },
                        [&](std::size_t n)
                            __attribute__((always_inline)) { return first + n >= kw && first + n - kw < Out::width; });
                });
            }
        }
    }
    V* target = grad_input + In::offset(0, h, Columns::first + w * Columns::stride);
    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            V& element = target[m * In::plane + n * Columns::stride];
            element = Before::backward(element, sum[m * N + n]);
        });
    });
}

/// How direct_backward_input_dense cuts Columns into pieces.
template <Conv2dGeometry G, typename Columns, typename Out>
struct BackwardPieces {
    // With few registers a tall tile is the quickest: each gradient that is read serves many channels.
    static constexpr RegisterTile tile = vector_registers == 32 ? choose_tile(G.group_inputs(), Columns::count)
                                                                : RegisterTile{choose_rows(G.group_inputs(), 2), 2};
    static constexpr std::size_t count = (Columns::count + tile.columns - 1) / tile.columns;
    static constexpr Range inner =
        inner_pieces(Columns::count, Columns::padding, Columns::kernel, Out::width, tile.columns);
    using Left = std::make_index_sequence<inner.first>;
    using Right = std::make_index_sequence<count - inner.last>;

    static constexpr std::size_t begin(std::size_t piece) { return piece * tile.columns; }
    static constexpr std::size_t width(std::size_t piece) {
        return std::min(tile.columns, Columns::count - begin(piece));
    }
};

/// Row h, dilation 1.
template <typename Stage, typename Columns>
constexpr void direct_backward_input_dense(typename Stage::V* grad_input, const typename Stage::T* weight,
                                           const typename Stage::V* grad_output, std::size_t h) {
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Pieces = BackwardPieces<G, Columns, typename Stage::Out>;
    for_each_piece<G.group_inputs(), Pieces::tile.rows>([&](std::size_t i, auto rows) {
        constexpr std::size_t M = decltype(rows)::value;
        auto* target = grad_input + i * Stage::In::plane;
        const auto* taps = weight + i * G.taps();
        [&]<std::size_t... P>(std::index_sequence<P...>) {
            (direct_backward_input_tile<M, Pieces::width(P), Stage, Columns>(target, h, Index<Pieces::begin(P)>{}, taps,
                                                                             grad_output),
             ...);
        }(typename Pieces::Left{});
        for (std::size_t piece = Pieces::inner.first; piece < Pieces::inner.last; ++piece) {
            direct_backward_input_tile<M, Pieces::tile.columns, Stage, Columns>(target, h, Pieces::begin(piece), taps,
                                                                                grad_output);
        }
        [&]<std::size_t... P>(std::index_sequence<P...>) {
            (direct_backward_input_tile<M, Pieces::width(Pieces::inner.last + P), Stage, Columns>(
                 target, h, Index<Pieces::begin(Pieces::inner.last + P)>{}, taps, grad_output),
             ...);
        }(typename Pieces::Right{});
    });
}

/// Any dilation: each pixel collects from the outputs that it took part in.
template <typename Stage>
constexpr void direct_backward_input_sparse(typename Stage::V* grad_input, const typename Stage::T* weight,
                                            const typename Stage::V* grad_output, Range range) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using Before = typename Stage::Function;
    using V = typename Stage::V;
    using Factor = typename Stage::Factor;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    for (std::size_t h = range.first; h < range.last; ++h) {
        for (std::size_t w = 0; w < In::width; ++w) {
            for_each_piece<G.group_inputs(), 8>([&](std::size_t i, auto rows) {
                constexpr std::size_t M = decltype(rows)::value;
                V sum[M];
                clear_tile(sum, indices<M>);
                for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
                    const Tap row = tap_at(h, kh, G.window.stride.height, G.window.padding.height,
                                           G.window.dilation.height, Out::height);
                    for (std::size_t kw = 0; row.valid && kw < G.window.kernel.width; ++kw) {
                        const Tap column = tap_at(w, kw, G.window.stride.width, G.window.padding.width,
                                                  G.window.dilation.width, Out::width);
                        for (std::size_t o = 0; column.valid && o < G.group_outputs(); ++o) {
                            const Factor value =
                                factor_in<Factor>(grad_output[Out::offset(o, row.output, column.output)]);
                            const scalar_t<V>* tap = weight + G.weight(o, i, kh, kw);
                            unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                                sum[m] = multiply_add(broadcast_factor<Factor>(tap[m * G.taps()]), value, sum[m]);
                            });
                        }
                    }
                }
                unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                    V& element = grad_input[In::offset(i + m, h, w)];
                    element = Before::backward(element, sum[m]);
                });
            });
        }
    }
}

/// Some rows of the gradient of the input, from Factors in the place of V and T; the others are left alone.
template <typename Stage>
constexpr void direct_backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                     const typename Stage::V* grad_output, Range range = {0, Stage::In::height}) {
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    for (std::size_t group = 0; group < G.groups; ++group) {
        V* target = grad_input + group * G.group_inputs() * Stage::In::plane;
        const auto* group_weight = weight + G.weight(group * G.group_outputs(), 0, 0, 0);
        const V* source = grad_output + group * G.group_outputs() * Stage::Out::plane;
        if constexpr (G.window.dilation == Extent{1, 1}) {
            for (std::size_t h = range.first; h < range.last; ++h) {
                [&]<std::size_t... First>(std::index_sequence<First...>) {
                    (direct_backward_input_dense<Stage, BackwardColumns<G, typename Stage::In, First>>(
                         target, group_weight, source, h),
                     ...);
                }(std::make_index_sequence<std::min(G.window.stride.width, Stage::In::width)>{});
            }
        } else {
            direct_backward_input_sparse<Stage>(target, group_weight, source, range);
        }
    }
}

/// The sum of rows of a channel in all lanes; four sums, since one addition would wait for the other.
template <typename Out, Number V>
[[gnu::noinline]] constexpr scalar_t<V> sum_of_rows(const V* row, std::size_t rows) {
    V sum[4]{};
    for (std::size_t h = 0; h < rows; ++h, row += Out::row) {
        for_each_piece<Out::width, 4>([&](std::size_t w, auto columns) __attribute__((always_inline)) {
            unroll<decltype(columns)::value>([&](std::size_t n)
                                                 __attribute__((always_inline)) { sum[n] += row[w + n]; });
        });
    }
    return sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/// The gradient of the bias, or with `add`, added to what is there; nullptr is none.
template <typename Stage, typename Crew = OneThread>
void backward_bias(const typename Stage::V* grad_output, bool add, typename Stage::T* grad_bias, Crew crew = {}) {
    using Out = typename Stage::Out;
    const Range own = crew.share(Out::channels);
    for (std::size_t o = own.first; grad_bias != nullptr && o < own.last; ++o) {
        const auto sum = sum_of_rows<Out>(grad_output + Out::offset(o, 0, 0), Out::height);
        grad_bias[o] = add ? grad_bias[o] + sum : sum;
    }
}

/// Stores the sums over all lanes of a tile of M x N numbers, or adds them to what is there, in rows that lie `row`
/// apart. Not inlined: its registers would be taken from the tile.
template <std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] constexpr void store_tile_sums(const V* tile, bool add, scalar_t<V>* target, std::size_t row) {
    scalar_t<V> sums[M * N]{};
    store_sums_of_lanes<M * N>(tile, sums);
    for (std::size_t m = 0; m < M; ++m) {
        for (std::size_t n = 0; n < N; ++n) {
            scalar_t<V>& element = target[m * row + n];
            element = add ? element + sums[m * N + n] : sums[m * N + n];
        }
    }
}

/// The gradients of the parameters: grad_weight(o, i, kh, kw) = sum over all lanes, h, w of grad_output(o, h, w) *
/// input(i, h', w'), and grad_bias(o) = sum of grad_output(o, h, w), over the rows h of the range. With `add_first`,
/// the sums are added to what is there.
template <typename Stage, typename Crew = OneThread>
constexpr void direct_backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                          bool add_first, typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                          Range range = {0, Stage::Out::height}, Crew crew = {}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr std::size_t N = std::min<std::size_t>(G.window.kernel.width, 7);
    constexpr std::size_t M = choose_rows(G.group_outputs(), N);

    // So many rows at a time that the gradients of M channels stay in L1 while all weights of these channels pass by.
    constexpr std::size_t portion = portion_size(Out::height, M * Out::row * sizeof(V));

    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* group_input = input + Stage::corner + group * G.group_inputs() * In::plane;
        for (std::size_t from = range.first; from < range.last; from += portion) {
            const std::size_t to = std::min(range.last, from + portion);
            const bool add = add_first || from != range.first;
            for_each_piece<G.group_outputs(), M>([&](std::size_t first, auto rows) {
                if (!crew.takes(group + first / M)) {
                    return;
                }
                const std::size_t o = group * G.group_outputs() + first;
                for (std::size_t m = 0; grad_bias != nullptr && m < decltype(rows)::value; ++m) {
                    const auto sum = sum_of_rows<Out>(grad_output + Out::offset(o + m, from, 0), to - from);
                    grad_bias[o + m] = add ? grad_bias[o + m] + sum : sum;
                }
                for (std::size_t i = 0; i < G.group_inputs(); ++i) {
                    for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
                        for_each_piece<G.window.kernel.width, N>([&](std::size_t kw, auto columns) {
                            constexpr std::size_t Rows = decltype(rows)::value;
                            constexpr std::size_t Columns = decltype(columns)::value;
                            V sum[Rows * Columns];
                            clear_tile(sum, indices<Rows * Columns>);
                            const V* x = group_input + i * In::plane + kh * G.window.dilation.height * In::row +
                                         kw * G.window.dilation.width;
                            const V* gradient = grad_output + Out::offset(o, 0, 0);
                            const Range present = outputs_inside<G, In, Out>(kh);
                            for (std::size_t h = std::max(from, present.first); h < std::min(to, present.last); ++h) {
                                for_each_piece<Out::width, 7>([&](std::size_t begin,
                                                                  auto count) __attribute__((always_inline)) {
                                    unroll<decltype(count)::value>(
                                        [&](std::size_t piece) __attribute__((always_inline)) {
                                            const std::size_t w = begin + piece;
                                            const V* g = forget_origin(gradient + h * Out::row + w);
                                            const V* pixel = forget_origin(x + h * G.window.stride.height * In::row +
                                                                           w * G.window.stride.width);
                                            add_outer_product<Rows, Columns>(
                                                sum,
                                                [&](std::size_t m)
                                                    __attribute__((always_inline)) { return g[m * Out::plane]; },
                                                [&](std::size_t n) __attribute__((always_inline)) {
                                                    return pixel[n * G.window.dilation.width];
                                                });
                                        });
                                });
                            }
                            // A copy, so that only it lies in memory: the sums stay in registers.
                            V tile[Rows * Columns];
                            unroll<Rows * Columns>([&](std::size_t n)
                                                       __attribute__((always_inline)) { tile[n] = sum[n]; });
                            store_tile_sums<Rows, Columns>(tile, add, grad_weight + G.weight(o, i, kh, kw),
                                                           G.group_inputs() * G.taps());
                        });
                    }
                }
            });
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels::conv2d

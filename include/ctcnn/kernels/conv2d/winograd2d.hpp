// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/winograd2d_plan.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd_piece.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// The kernels of output channel o and a vector of input channels from channel i on: nine taps, lanes are input channels.
template <Conv2dGeometry G, Number V>
[[gnu::noinline]] void winograd2d_taps(const scalar_t<V>* weight, std::size_t o, std::size_t i, V* taps) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    const T* rows = weight + G.weight(o, i, 0, 0);
    T last[lanes * 9];
    if (G.in_channels - i < lanes) {
        std::fill_n(std::copy_n(rows, (G.in_channels - i) * 9, last), (lanes - (G.in_channels - i)) * 9, T(0));
        rows = last;
    }
    load_columns<9>(rows, taps);
}

/// Stores weights at all points, (blocks of Rows channels, Count, channels of the block) at each: number k of `Count`, a
/// vector of channels from `channel` on, of `channels`.
template <std::size_t Rows, std::size_t Points, std::size_t Step, Number V>
[[gnu::noinline]] void winograd2d_store(const V* values, std::size_t channel, std::size_t channels, std::size_t k,
                                        std::size_t count, scalar_t<V>* transformed) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t part = std::min(Rows, lanes);
    const T* numbers = reinterpret_cast<const T*>(values);
    for (std::size_t end = std::min(channel + lanes, channels); channel < end; channel += part, numbers += part) {
        const std::size_t first = channel / Rows * Rows;
        if (first + Rows <= channels) {
            T* target = transformed + first * count + k * Rows + (channel - first);
            for (std::size_t p = 0; p < Points; ++p) {
                __builtin_memcpy(target + p * Step, numbers + p * lanes, part * sizeof(T));
            }
        } else {
            T* target = transformed + first * count + k * (channels - first) + (channel - first);
            for (std::size_t p = 0; p < Points; ++p) {
                std::copy_n(numbers + p * lanes, std::min(part, channels - channel), target + p * Step);
            }
        }
    }
}

/// weight (Co, Ci, 3, 3) -> (points, blocks of Co, Ci, Co of the block).
template <typename Plan, Conv2dGeometry G, Number V>
[[gnu::noinline]] void winograd2d_weight(const scalar_t<V>* weight, scalar_t<V>* transformed) {
    constexpr std::size_t lanes = lane_count<V>;
    for (std::size_t o = 0; o < G.out_channels; o += lanes) {
        for (std::size_t i = 0; i < G.in_channels; i += lanes) {
            // The taps of some output channels, in lanes input channels, and the other way round.
            V taps[lanes * 9];
            for (std::size_t n = 0; n < lanes; ++n) {
                winograd2d_taps<G>(weight, std::min(o + n, G.out_channels - 1), i, taps + n * 9);
            }
            for (std::size_t k = 0; k < 9; ++k) {
                std::array<V, lanes> block;
                unroll<lanes>([&](std::size_t n) __attribute__((always_inline)) { block[n] = taps[n * 9 + k]; });
                transpose(block);
                unroll<lanes>([&](std::size_t n) __attribute__((always_inline)) { taps[n * 9 + k] = block[n]; });
            }
            for (std::size_t n = 0; n < std::min(lanes, G.in_channels - i); ++n) {
                V values[Plan::Piece::count];
                Plan::Piece::template evaluate<3, 3, true>(taps + n * 9, 3, values, 1);
                winograd2d_store<Plan::forward_tile.rows, Plan::Piece::count, Plan::weight_step>(
                    values, o, G.out_channels, i + n, G.in_channels, transformed);
            }
        }
    }
}

/// weight (Co, Ci, 3, 3) -> (points, blocks of Ci, Co, Ci of the block).
template <typename Plan, Conv2dGeometry G, Number V>
[[gnu::noinline]] void winograd2d_weight_turned(const scalar_t<V>* weight, scalar_t<V>* transformed) {
    for (std::size_t o = 0; o < G.out_channels; ++o) {
        for (std::size_t i = 0; i < G.in_channels; i += lane_count<V>) {
            V own[9];
            winograd2d_taps<G>(weight, o, i, own);
            V values[Plan::Piece::count];
            Plan::Piece::template evaluate<3, 3, true>(own, 3, values, 1);
            winograd2d_store<Plan::backward_tile.rows, Plan::Piece::count, Plan::weight_step>(
                values, i, G.in_channels, o, G.out_channels, transformed);
        }
    }
}

/// The way back for gradients, (points, Co, vectors of Ci) -> (Co, Ci, 3, 3).
template <typename Plan, Conv2dGeometry G, Number V>
[[gnu::noinline]] void winograd2d_grad_weight(const V* transformed, bool add, scalar_t<V>* grad_weight) {
    using T = scalar_t<V>;
    for (std::size_t o = 0; o < G.out_channels; ++o) {
        for (std::size_t vector = 0; vector < Plan::vectors; ++vector) {
            V taps[9];
            Plan::Piece::template collect<3, 3, true>(transformed + o * Plan::vectors + vector,
                                                      Plan::grad_weight_step, taps);
            T rows[Plan::lanes * 9];
            store_columns<9>(taps, rows);
            T* target = grad_weight + G.weight(o, vector * Plan::lanes, 0, 0);
            const std::size_t count = std::min(Plan::lanes, G.in_channels - vector * Plan::lanes) * 9;
            for (std::size_t n = 0; n < count; ++n) {
                target[n] = add ? target[n] + rows[n] : rows[n];
            }
        }
    }
}

/// sum(m, n) += factors[m * row] * values[n].
template <std::size_t M, std::size_t N, Number V>
[[gnu::always_inline]] inline void winograd2d_add(V* sum, const scalar_t<V>* factors, std::size_t row,
                                                  const V* values) {
    if constexpr (N == 1) {
        // Each factor is used once, so that it is broadcast by the multiply-add where the processor can do that.
        V held = values[0];
        hold_in_register(held);
        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
            sum[m] = multiply_add(broadcast<V>(factors[m * row]), held, sum[m]);
        });
    } else {
        add_outer_product<M, N>(
            sum, [&](std::size_t m) __attribute__((always_inline)) { return broadcast<V>(factors[m * row]); },
            [&](std::size_t n) __attribute__((always_inline)) { return values[n]; });
    }
}

/// M rows of sums for N pieces: sums(m, n) = the sum of weight(k, m) * values(k, n) over k.
template <std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] void winograd2d_product(const scalar_t<V>* weights, const V* values, std::size_t portion,
                                          std::size_t count, V* sums) {
    V sum[M * N];
    unroll<M * N>([&](std::size_t j) __attribute__((always_inline)) { sum[j] = V{}; });
#pragma GCC unroll 1
    for (std::size_t k = 0; k < count; ++k) {
        winograd2d_add<M, N>(sum, weights, 1, values);
        weights = forget_origin(weights + M);
        values = forget_origin(values + portion);
    }
    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) { sums[m * portion + n] = sum[m * N + n]; });
    });
}

/// The same for `rows` rows and the pieces of a portion. The last ones are computed twice where their number is no
/// multiple of N.
template <std::size_t Rows, std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] void winograd2d_products(const scalar_t<V>* weights, const V* values, std::size_t portion,
                                           std::size_t count, V* sums, std::size_t pieces) {
    for_each_piece<Rows, M>([&](std::size_t row, auto rows) {
        for (std::size_t n = 0; n < pieces; n += N) {
            const std::size_t at = std::min(n, std::max(pieces, N) - N);
            winograd2d_product<decltype(rows)::value, N>(weights + row * count, values + at, portion, count,
                                                         sums + row * portion + at);
        }
    });
}

/// M rows of the gradient of the weights at a point, N vectors of input channels: sums over pieces and lanes.
template <std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] void winograd2d_gradients(const scalar_t<V>* gradients, std::size_t gradient_row, const V* inputs,
                                            std::size_t count, bool add, V* sums, std::size_t row) {
    V sum[M * N];
    unroll<M * N>([&](std::size_t j) __attribute__((always_inline)) { sum[j] = V{}; });
#pragma GCC unroll 1
    for (std::size_t k = 0; k < count; ++k) {
        winograd2d_add<M, N>(sum, gradients, gradient_row, inputs);
        gradients = forget_origin(gradients + 1);
        inputs = forget_origin(inputs + N);
    }
    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            V& target = sums[m * row + n];
            target = add ? target + sum[m * N + n] : sum[m * N + n];
        });
    });
}

/// Rows x Columns elements of a plane of which `size` is there, from (h, w) on, and how far their rows are apart; a copy
/// with zeros where the plane ends.
template <std::size_t Rows, std::size_t Columns, std::size_t Row, Number V>
[[gnu::always_inline]] inline const V* winograd2d_block(const V* plane, Extent size, std::size_t h, std::size_t w,
                                                        V* copy, std::size_t& row) {
    if (h + Rows <= size.height && w + Columns <= size.width) [[likely]] {
        row = Row;
        return plane + h * Row + w;
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        for (std::size_t c = 0; c < Columns; ++c) {
            copy[r * Columns + c] = h + r < size.height && w + c < size.width ? plane[(h + r) * Row + w + c] : V{};
        }
    }
    row = Columns;
    return copy;
}

/// An input channel of a piece at all points.
template <typename Stage, typename Plan, Number V>
[[gnu::always_inline]] inline void winograd2d_input(const V* input, std::size_t channel, std::size_t piece, V* values,
                                                    std::size_t step) {
    using In = typename Stage::In;
    using Piece = typename Plan::Piece;
    V copy[Piece::count];
    std::size_t row = 0;
    const V* block = winograd2d_block<Piece::rows, Piece::columns, In::row>(
        input + Stage::corner + channel * In::plane, Plan::seen, piece / Plan::pieces.width * Plan::outputs.height,
        piece % Plan::pieces.width * Plan::outputs.width, copy, row);
    Piece::points_of_inputs(block, row, values, step);
}

/// A channel of the gradient of the output of a piece at all points.
template <typename Stage, typename Plan, Number V>
[[gnu::always_inline]] inline void winograd2d_grad_output(const V* grad_output, std::size_t channel, std::size_t piece,
                                                          V* values, std::size_t step) {
    using Out = typename Stage::Out;
    constexpr Extent outputs = Plan::outputs;
    V copy[outputs.height * outputs.width];
    std::size_t row = 0;
    const V* block = winograd2d_block<outputs.height, outputs.width, Out::row>(
        grad_output + Out::offset(channel, 0, 0), Extent{Out::height, Out::width},
        piece / Plan::pieces.width * outputs.height, piece % Plan::pieces.width * outputs.width, copy, row);
    Plan::Piece::template evaluate<outputs.height, outputs.width, false>(block, row, values, step);
}

template <typename Stage, typename Bias>
void winograd2d_forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch) {
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = Winograd2dPlan<G, typename Stage::In, Out, V>;
    static_assert(Plan::possible);
    constexpr std::size_t points = Plan::Piece::count;
    constexpr Extent outputs = Plan::outputs;
    T* weights = reinterpret_cast<T*>(scratch);
    V* inputs = scratch + Plan::weights;
    V* sums = inputs + points * Plan::input_step;
    winograd2d_weight<Plan, G, V>(weight, weights);
    for (std::size_t first = 0; first < Plan::piece_count; first += Plan::portion) {
        const std::size_t here = std::min(Plan::portion, Plan::piece_count - first);
        for (std::size_t i = 0; i < G.in_channels; ++i) {
            for (std::size_t piece = 0; piece < here; ++piece) {
                winograd2d_input<Stage, Plan>(input, i, first + piece, inputs + i * Plan::portion + piece,
                                              Plan::input_step);
            }
        }
        for (std::size_t p = 0; p < points; ++p) {
            winograd2d_products<G.out_channels, Plan::forward_tile.rows, Plan::forward_tile.columns>(
                weights + p * Plan::weight_step, inputs + p * Plan::input_step, Plan::portion, G.in_channels,
                sums + p * Plan::output_step, here);
        }
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            const V end = bias_of<V>(bias, o);
            for (std::size_t piece = 0; piece < here; ++piece) {
                V result[outputs.height * outputs.width];
                Plan::Piece::template collect<outputs.height, outputs.width, false>(
                    sums + o * Plan::portion + piece, Plan::output_step, result);
                const std::size_t h = (first + piece) / Plan::pieces.width * outputs.height;
                const std::size_t w = (first + piece) % Plan::pieces.width * outputs.width;
                for (std::size_t r = 0; r < std::min(outputs.height, Out::height - h); ++r) {
                    V* target = output + Out::offset(o, h + r, w);
                    unroll<outputs.width>([&](std::size_t n) __attribute__((always_inline)) {
                        if (w + n < Out::width) {
                            target[n] = Stage::Function::forward(with_bias<Bias>(result[r * outputs.width + n], end));
                        }
                    });
                }
            }
        }
    }
}

/// Adds what a piece gives to the gradient of a channel of the input to what the pieces before it have left, and stores
/// what is complete. `beside` is what pieces of one row share, `below` what rows of pieces share.
template <typename Stage, typename Plan>
[[gnu::noinline]] void winograd2d_grad_input(const typename Stage::V* inputs, std::size_t piece,
                                             typename Stage::V* beside, typename Stage::V* below,
                                             typename Stage::V* grad_input) {
    using In = typename Stage::In;
    using V = typename Stage::V;
    using Piece = typename Plan::Piece;
    constexpr Extent padding = Stage::geometry.window.padding;
    constexpr Extent outputs = Plan::outputs;
    const std::size_t top = piece / Plan::pieces.width * outputs.height;
    const std::size_t left = piece % Plan::pieces.width * outputs.width;
    const bool is_last_row = piece / Plan::pieces.width + 1 == Plan::pieces.height;
    const bool is_last_column = piece % Plan::pieces.width + 1 == Plan::pieces.width;
    const std::size_t finished = is_last_row ? Piece::rows : outputs.height;
#pragma GCC unroll 1
    for (std::size_t w = 0; w < Piece::columns; ++w, inputs += Piece::rows) {
        V x[Piece::rows];
        unroll<Piece::rows>([&](std::size_t h) __attribute__((always_inline)) { x[h] = inputs[h]; });
        if (w < 2 && left != 0) {
            unroll<Piece::rows>([&](std::size_t h)
                                    __attribute__((always_inline)) { x[h] += beside[w * Piece::rows + h]; });
        }
        if (w >= outputs.width && !is_last_column) {
            unroll<Piece::rows>([&](std::size_t h) __attribute__((always_inline)) {
                beside[(w - outputs.width) * Piece::rows + h] = x[h];
            });
            continue;
        }
        V* shared = below + 2 * (left + w);
        unroll<2>([&](std::size_t h) __attribute__((always_inline)) {
            if (top != 0) {
                x[h] += shared[h];
            }
        });
        unroll<2>([&](std::size_t h) __attribute__((always_inline)) { shared[h] = x[outputs.height + h]; });
        // Positions before the image wrap around, and are beyond it.
        const std::size_t column = left + w - padding.width;
        if (column < In::width) {
            unroll<Piece::rows>([&](std::size_t h) __attribute__((always_inline)) {
                const std::size_t row = top + h - padding.height;
                if (h < finished && row < In::height) {
                    V& element = grad_input[row * In::row + column];
                    element = Stage::Function::backward(element, x[h]);
                }
            });
        }
    }
}

/// Both directions backward. The gradient of the weights is left out where grad_weight is null; that of the input where
/// the input is const, and then `weight` may be null.
template <typename Stage, typename Image>
void winograd2d_backward(Image* input, const typename Stage::T* weight, const typename Stage::V* grad_output, bool add,
                         typename Stage::T* grad_weight, typename Stage::T* grad_bias, typename Stage::V* scratch) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = Winograd2dPlan<G, In, Out, V>;
    static_assert(Plan::possible);
    constexpr std::size_t points = Plan::Piece::count;
    constexpr std::size_t portion = Plan::backward_portion;
    constexpr std::size_t lanes = Plan::lanes;
    constexpr bool wants_input = !std::is_const_v<Image>;
    T* weights = reinterpret_cast<T*>(scratch);
    V* gradients = scratch + Plan::weights;
    V* grad_weights = gradients + points * Plan::grad_output_step;
    V* beside = grad_weights + points * Plan::grad_weight_step;
    V* below = beside + G.in_channels * Plan::beside_row;
    V* inputs = below + G.in_channels * Plan::below_row;
    V* panel = inputs;
    V* channels = panel + points * Plan::panel_step;
    if constexpr (wants_input) {
        winograd2d_weight_turned<Plan, G, V>(weight, weights);
    }
    for (std::size_t first = 0; first < Plan::piece_count; first += portion) {
        const std::size_t here = std::min(portion, Plan::piece_count - first);
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            for (std::size_t piece = 0; piece < here; ++piece) {
                winograd2d_grad_output<Stage, Plan>(grad_output, o, first + piece, gradients + o * portion + piece,
                                                    Plan::grad_output_step);
            }
        }
        if (grad_weight != nullptr) {
            for_each_piece<Plan::vectors, Plan::panel>([&](std::size_t begin, auto columns) {
                constexpr std::size_t N = decltype(columns)::value;
                for (std::size_t vector = begin; vector < begin + N; ++vector) {
                    for (std::size_t piece = 0; piece < here; ++piece) {
                        for (std::size_t n = 0; n < std::min(lanes, G.in_channels - vector * lanes); ++n) {
                            winograd2d_input<Stage, Plan, V>(input, vector * lanes + n, first + piece, channels + n,
                                                             Plan::channel_step);
                        }
                        V* target = panel + piece * lanes * N + (vector - begin);
                        for (std::size_t p = 0; p < points; ++p) {
                            std::array<V, lanes> block;
                            unroll<lanes>([&](std::size_t n) __attribute__((always_inline)) {
                                block[n] = vector * lanes + n < G.in_channels ? channels[p * Plan::channel_step + n]
                                                                              : V{};
                            });
                            transpose(block);
                            unroll<lanes>([&](std::size_t n) __attribute__((always_inline)) {
                                target[p * Plan::panel_step + n * N] = block[n];
                            });
                        }
                    }
                }
                for (std::size_t p = 0; p < points; ++p) {
                    for_each_piece<G.out_channels, Plan::weight_rows>([&](std::size_t o, auto rows) {
                        constexpr std::size_t M = decltype(rows)::value;
                        winograd2d_gradients<M, N>(
                            reinterpret_cast<const T*>(gradients + p * Plan::grad_output_step + o * portion),
                            portion * lanes, panel + p * Plan::panel_step, here * lanes, first != 0,
                            grad_weights + p * Plan::grad_weight_step + o * Plan::vectors + begin, Plan::vectors);
                    });
                }
            });
        }
        if constexpr (wants_input) {
            for (std::size_t p = 0; p < points; ++p) {
                winograd2d_products<G.in_channels, Plan::backward_tile.rows, Plan::backward_tile.columns>(
                    weights + p * Plan::weight_step, gradients + p * Plan::grad_output_step, portion, G.out_channels,
                    inputs + p * Plan::grad_input_step, here);
            }
            for (std::size_t i = 0; i < G.in_channels; ++i) {
                for (std::size_t piece = 0; piece < here; ++piece) {
                    V block[points];
                    Plan::Piece::inputs_of_points(inputs + i * portion + piece, Plan::grad_input_step, block);
                    winograd2d_grad_input<Stage, Plan>(block, first + piece, beside + i * Plan::beside_row,
                                                       below + i * Plan::below_row, input + In::offset(i, 0, 0));
                }
            }
        }
    }
    if (grad_weight != nullptr) {
        winograd2d_grad_weight<Plan, G>(grad_weights, add, grad_weight);
    }
    for (std::size_t o = 0; grad_bias != nullptr && o < G.out_channels; ++o) {
        const T sum = sum_of_rows<Out>(grad_output + Out::offset(o, 0, 0), Out::height);
        grad_bias[o] = add ? grad_bias[o] + sum : sum;
    }
}

/// Winograd2d: kernels of 3x3 are filtered on both axes, tiles of images with stride and dilation 1.
struct Winograd2d : Way {
    static constexpr const char* name = "winograd2d";
    template <typename Stage>
    using Plan = Winograd2dPlan<Stage::geometry, typename Stage::In, typename Stage::Out, typename Stage::V>;

    static constexpr bool has(Direction) { return true; }
    template <typename Stage>
    static constexpr bool possible = is_lanes<typename Stage::V> && Plan<Stage>::possible;
    template <typename Stage>
    static constexpr bool profitable(Direction direction) {
        return Plan<Stage>::pays(direction);
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::size;

    template <typename Stage, typename Bias>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch) {
        winograd2d_forward<Stage>(input, weight, bias, output, scratch);
    }
    template <typename Stage>
    static void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                               const typename Stage::V* grad_output, typename Stage::V* scratch) {
        winograd2d_backward<Stage>(grad_input, weight, grad_output, false, nullptr, nullptr, scratch);
    }
    template <typename Stage>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch) {
        winograd2d_backward<Stage>(input, nullptr, grad_output, add, grad_weight, grad_bias, scratch);
    }
    template <typename Stage>
    static void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                         const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                         typename Stage::T* grad_bias, typename Stage::V* scratch) {
        winograd2d_backward<Stage>(grad_input, weight, grad_output, add, grad_weight, grad_bias, scratch);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

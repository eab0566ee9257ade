// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/winograd2d_plan.hpp>
#include <ctcnn/kernels/conv2d/winograd2d_products.hpp>
#include <ctcnn/kernels/conv2d/winograd2d_weights.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// Rows x Columns elements of a plane of which `size` is there, from (h, w) on, and how far their rows are apart; a
/// copy with zeros where the plane ends.
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

/// An input channel of a piece at all points. The piece so many pieces `ahead` is prefetched: it may have left the
/// caches, and its rows are too short for the processor to foresee.
template <typename Stage, typename Plan, Number V>
[[gnu::always_inline]] inline void winograd2d_input(const V* input, std::size_t channel, std::size_t piece,
                                                    std::size_t ahead, V* values, std::size_t step) {
    using In = typename Stage::In;
    using Piece = typename Plan::Piece;
    V copy[Piece::count];
    std::size_t row = 0;
    const V* plane = input + Stage::corner + channel * In::plane;
    const auto top = [](std::size_t n) { return n / Plan::pieces.width * Plan::outputs.height; };
    const auto left = [](std::size_t n) { return n % Plan::pieces.width * Plan::outputs.width; };
    const V* block =
        winograd2d_block<Piece::rows, Piece::columns, In::row>(plane, Plan::seen, top(piece), left(piece), copy, row);
    const V* later = plane + top(piece + ahead) * In::row + left(piece + ahead);
    for (std::size_t h = 0; h < Piece::rows; ++h, later += In::row) {
        unroll<Plan::outputs.width>([&](std::size_t w) __attribute__((always_inline)) { prefetch_to_l2(later + w); });
    }
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

/// The members of a crew take different pieces; more members than these, different outputs.
template <typename Stage, typename Bias, typename Crew>
void winograd2d_forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch, Crew crew) {
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
    constexpr std::size_t portions = (Plan::piece_count + Plan::portion - 1) / Plan::portion;
    const auto pieces = crew.turns(portions);
    const auto beside = crew.turns_beside(portions);
    const auto channels =
        beside.in_blocks(channels_together<Plan, Plan::forward_tile.rows>(G.out_channels, beside.size()));
    winograd2d_weight<Plan, G, V>(weight, weights, channels);
    for (std::size_t first = 0; first < Plan::piece_count; first += Plan::portion) {
        if (!pieces.takes(first / Plan::portion)) {
            continue;
        }
        const std::size_t here = std::min(Plan::portion, Plan::piece_count - first);
        for (std::size_t i = 0; i < G.in_channels; ++i) {
            for (std::size_t piece = 0; piece < here; ++piece) {
                winograd2d_input<Stage, Plan>(input, i, first + piece, Plan::portion,
                                              inputs + i * Plan::portion + piece, Plan::input_step);
            }
        }
        for (std::size_t p = 0; p < points; ++p) {
            winograd2d_products<G.out_channels, Plan::forward_tile.rows, Plan::forward_tile.columns>(
                weights + p * Plan::weight_step, inputs + p * Plan::input_step, Plan::portion, G.in_channels,
                sums + p * Plan::output_step, here, channels);
        }
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            if (!channels.takes(o)) {
                continue;
            }
            const V end = bias_of<V>(bias, o);
            for (std::size_t piece = 0; piece < here; ++piece) {
                const std::size_t h = (first + piece) / Plan::pieces.width * outputs.height;
                const std::size_t w = (first + piece) % Plan::pieces.width * outputs.width;
                V* next = output + Out::offset(o + 1, h, w);
                unroll<outputs.height>([&](std::size_t r) __attribute__((always_inline)) {
                    unroll<outputs.width>([&](std::size_t n) __attribute__((always_inline)) {
                        prefetch_to_write(next + r * Out::row + n);
                    });
                });
                V result[outputs.height * outputs.width];
                Plan::Piece::template collect<outputs.height, outputs.width, false>(sums + o * Plan::portion + piece,
                                                                                    Plan::output_step, result);
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

/// Some vectors of input channels of a portion at all points, transposed: (points, pieces, images, vectors), each with
/// its lanes along the channels.
template <typename Stage, typename Plan, Number V>
[[gnu::noinline]] void winograd2d_panel(const V* input, std::size_t begin, std::size_t vectors, std::size_t first,
                                        std::size_t here, V* panel, V* channels) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = Plan::lanes;
    for (std::size_t vector = begin; vector < begin + vectors; ++vector) {
        const std::size_t left = Stage::geometry.in_channels - vector * lanes;
        for (std::size_t piece = 0; piece < here; ++piece) {
            for (std::size_t n = 0; n < std::min(lanes, left); ++n) {
                winograd2d_input<Stage, Plan>(input, vector * lanes + n, first + piece, Plan::backward_portion,
                                              channels + n, Plan::channel_step);
            }
            V* target = panel + piece * lanes * vectors + (vector - begin);
            for (std::size_t p = 0; p < Plan::Piece::count; ++p) {
                transpose_channels<V>(channels + p * Plan::channel_step, 1, left,
                                      reinterpret_cast<T*>(target + p * Plan::panel_step), vectors * lanes);
            }
        }
    }
}

/// Both directions backward. The gradient of the weights is left out where grad_weight is null; that of the input where
/// the input is const, and then `weight` may be null. The members of a crew take different inputs; more of them
/// than vectors of input channels, different outputs of the gradient of the weights. Each evaluates all gradients.
template <typename Stage, typename Image, typename Crew>
void winograd2d_backward(Image* input, const typename Stage::T* weight, const typename Stage::V* grad_output, bool add,
                         typename Stage::T* grad_weight, typename Stage::T* grad_bias, typename Stage::V* scratch,
                         Crew crew) {
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
    const auto of_vectors = crew.turns(Plan::vectors);
    const auto of_rows = crew.turns_beside(Plan::vectors);
    const auto of_inputs =
        crew.in_blocks(channels_together<Plan, Plan::backward_tile.rows>(G.in_channels, crew.size()));
    T* weights = reinterpret_cast<T*>(scratch);
    V* gradients = scratch + Plan::weights;
    V* grad_weights = gradients + points * Plan::grad_output_step;
    V* beside = grad_weights + points * Plan::grad_weight_step;
    V* below = beside + G.in_channels * Plan::beside_row;
    V* inputs = below + G.in_channels * Plan::below_row;
    V* panel = inputs;
    V* channels = panel + points * Plan::panel_step;
    if constexpr (wants_input) {
        winograd2d_weight_turned<Plan, G, V>(weight, weights, of_inputs);
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
            const auto vectors_from = [&](std::size_t begin, auto columns) {
                constexpr std::size_t N = decltype(columns)::value;
                winograd2d_panel<Stage, Plan, V>(input, begin, N, first, here, panel, channels);
                for (std::size_t p = 0; p < points; ++p) {
                    for_each_piece<G.out_channels, Plan::weight_rows>([&](std::size_t o, auto rows) {
                        if (!of_rows.takes(o / Plan::weight_rows)) {
                            return;
                        }
                        constexpr std::size_t M = decltype(rows)::value;
                        winograd2d_gradients<M, N>(
                            reinterpret_cast<const T*>(gradients + p * Plan::grad_output_step + o * portion),
                            portion * lanes, panel + p * Plan::panel_step, here * lanes, first != 0,
                            grad_weights + p * Plan::grad_weight_step + o * Plan::vectors + begin, Plan::vectors);
                    });
                }
            };
            if constexpr (std::is_same_v<Crew, OneThread>) {
                for_each_piece<Plan::vectors, Plan::panel>(vectors_from);
            } else if (crew.size() == 1) {
                for_each_piece<Plan::vectors, Plan::panel>(vectors_from);
            } else {
                for (std::size_t vector = 0; vector < Plan::vectors; ++vector) {
                    if (of_vectors.takes(vector)) {
                        vectors_from(vector, Index<1>{});
                    }
                }
            }
        }
        if constexpr (wants_input) {
            // Another member may still read the inputs whose places their gradients take.
            if (grad_weight != nullptr) {
                crew.barrier();
            }
            for (std::size_t p = 0; p < points; ++p) {
                winograd2d_products<G.in_channels, Plan::backward_tile.rows, Plan::backward_tile.columns>(
                    weights + p * Plan::weight_step, gradients + p * Plan::grad_output_step, portion, G.out_channels,
                    inputs + p * Plan::grad_input_step, here, of_inputs);
            }
            for (std::size_t i = 0; i < G.in_channels; ++i) {
                if (!of_inputs.takes(i)) {
                    continue;
                }
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
        winograd2d_grad_weight<Plan, G>(grad_weights, add, grad_weight, of_vectors, of_rows);
    }
    backward_bias<Stage>(grad_output, add, grad_bias, crew);
}

/// Winograd2d: kernels of 3x3 are filtered on both axes, tiles of images with stride and dilation 1.
struct Winograd2d : Way {
    static constexpr const char* name = "winograd2d";
    template <typename Stage>
    using Plan = Winograd2dPlan<Stage::geometry, typename Stage::In, typename Stage::Out, typename Stage::V>;

    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction) { return true; }
    template <typename Stage>
    static constexpr bool possible = is_lanes<typename Stage::V> && Plan<Stage>::possible;
    template <typename Stage>
    static constexpr bool profitable(Direction direction) {
        return Plan<Stage>::pays(direction);
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::size;

    template <typename Stage, typename Bias, typename Crew = OneThread>
    static void forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                        typename Stage::V* output, typename Stage::V* scratch, Crew crew = {}) {
        winograd2d_forward<Stage>(input, weight, bias, output, scratch, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                               const typename Stage::V* grad_output, typename Stage::V* scratch, Crew crew = {}) {
        winograd2d_backward<Stage>(grad_input, weight, grad_output, false, nullptr, nullptr, scratch, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch, Crew crew = {}) {
        winograd2d_backward<Stage>(input, nullptr, grad_output, add, grad_weight, grad_bias, scratch, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static void backward(typename Stage::V* grad_input, const typename Stage::T* weight,
                         const typename Stage::V* grad_output, bool add, typename Stage::T* grad_weight,
                         typename Stage::T* grad_bias, typename Stage::V* scratch, Crew crew = {}) {
        winograd2d_backward<Stage>(grad_input, weight, grad_output, add, grad_weight, grad_bias, scratch, crew);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

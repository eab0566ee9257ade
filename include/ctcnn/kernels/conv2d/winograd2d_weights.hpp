// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// The kernels of output channel o and a vector of input channels from channel i on: nine taps, lanes are input
/// channels.
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

/// Stores weights at all points, (blocks of Rows channels, Count, channels of the block) at each: number k of `Count`,
/// a vector of channels from `channel` on, of `channels`.
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

/// How many of `channels` a member of a crew of so many takes together: a vector of them, whose weights are transformed
/// together, or where there are too few for all members, a block of rows.
template <typename Plan, std::size_t Rows>
constexpr std::size_t channels_together(std::size_t channels, std::size_t members) {
    return members * Plan::lanes <= channels ? std::max(Plan::lanes, Rows) : Rows;
}
/// Whether a member takes one of a vector of channels from `channel` on.
template <std::size_t Rows, Number V, typename Turns>
[[gnu::always_inline]] inline bool takes_vector(const Turns& turns, std::size_t channel) {
    bool takes = false;
    for (std::size_t n = 0; n < lane_count<V>; n += Rows) {
        takes = takes || turns.takes(channel + n);
    }
    return takes;
}

/// weight (Co, Ci, 3, 3) -> (points, blocks of Co, Ci, Co of the block), of what a member of a crew needs.
template <typename Plan, Conv2dGeometry G, Number V, typename Turns>
[[gnu::noinline]] void winograd2d_weight(const scalar_t<V>* weight, scalar_t<V>* transformed, Turns turns) {
    constexpr std::size_t lanes = lane_count<V>;
    for (std::size_t o = 0; o < G.out_channels; o += lanes) {
        if (!takes_vector<Plan::forward_tile.rows, V>(turns, o)) {
            continue;
        }
        for (std::size_t i = 0; i < G.in_channels; i += lanes) {
            // The taps of some output channels, in lanes input channels, and the other way round.
            V taps[lanes * 9];
            for (std::size_t n = 0; n < lanes; ++n) {
                winograd2d_taps<G>(weight, std::min(o + n, G.out_channels - 1), i, taps + n * 9);
            }
            for (std::size_t k = 0; k < 9; ++k) {
                transpose_channels<V>(taps + k, 9, lanes, reinterpret_cast<scalar_t<V>*>(taps + k), 9 * lanes);
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

/// weight (Co, Ci, 3, 3) -> (points, blocks of Ci, Co, Ci of the block), of what a member of a crew needs.
template <typename Plan, Conv2dGeometry G, Number V, typename Turns>
[[gnu::noinline]] void winograd2d_weight_turned(const scalar_t<V>* weight, scalar_t<V>* transformed, Turns turns) {
    for (std::size_t o = 0; o < G.out_channels; ++o) {
        for (std::size_t i = 0; i < G.in_channels; i += lane_count<V>) {
            if (!takes_vector<Plan::backward_tile.rows, V>(turns, i)) {
                continue;
            }
            V own[9];
            winograd2d_taps<G>(weight, o, i, own);
            V values[Plan::Piece::count];
            Plan::Piece::template evaluate<3, 3, true>(own, 3, values, 1);
            winograd2d_store<Plan::backward_tile.rows, Plan::Piece::count, Plan::weight_step>(
                values, i, G.in_channels, o, G.out_channels, transformed);
        }
    }
}

/// The way back for gradients, (points, Co, vectors of Ci) -> (Co, Ci, 3, 3), of what a member of a crew has.
template <typename Plan, Conv2dGeometry G, Number V, typename Vectors, typename Rows>
[[gnu::noinline]] void winograd2d_grad_weight(const V* transformed, bool add, scalar_t<V>* grad_weight, Vectors vectors,
                                              Rows rows_of) {
    using T = scalar_t<V>;
    for (std::size_t o = 0; o < G.out_channels; ++o) {
        for (std::size_t vector = 0; vector < Plan::vectors; ++vector) {
            if (!vectors.takes(vector) || !rows_of.takes(o / Plan::weight_rows)) {
                continue;
            }
            V taps[9];
            Plan::Piece::template collect<3, 3, true>(transformed + o * Plan::vectors + vector, Plan::grad_weight_step,
                                                      taps);
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

}  // namespace CTCNN_DETAIL::kernels::conv2d

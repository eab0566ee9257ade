// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// WinogradOutput: the last step of minimal filtering, from the sums at the points to a tile of the output with bias,
/// function and pooling. Sums of neighbouring points are Step elements apart. HasRest: behind the biases, `padded`
/// elements on, stand ones for channels and zeros for what fills the last block up.
template <typename S, typename Tile, Pooling P, bool HasRest>
class WinogradOutput {
    using Out = typename S::Out;
    using V = typename S::V;
    using T = typename S::T;
    using Function = typename S::Function;
    using Vertical = typename Tile::Vertical;
    using Horizontal = typename Tile::Horizontal;
    static constexpr std::size_t count = V::count;
    static constexpr std::size_t pool = P == Pooling::none ? 1 : 2;
    static constexpr Extent outputs = Tile::outputs;
    static constexpr Extent points = Tile::points;
    static constexpr std::size_t padded = Out::blocks * count;

    /// Whether a tile of the output is held in registers, with a column of points and two of the output.
    static constexpr bool holds_tile =
        outputs.height * outputs.width + points.height + 2 * outputs.height <= vector_registers;
    /// Whether the function takes so few instructions and constants that it is written out for each pixel of a tile.
    static constexpr bool is_short = std::is_same_v<Function, NoFunction> || std::is_same_v<Function, ReLU>;
    static constexpr bool rows_end_with_tiles = Out::height * pool % outputs.height == 0;
    static constexpr bool columns_end_with_tiles = Out::width * pool % outputs.width == 0;

public:
    /// A tile of one vector of channels, whose first pixel of the output is (h, w).
    template <std::size_t Step>
    [[gnu::always_inline]] static constexpr void transform(const T* sums, const T* biases, std::size_t h, std::size_t w,
                                                           T* output) {
        constexpr std::size_t row = pool * outputs.width;  // of the output, before pooling
        const auto finish = [&](std::size_t m, const V* pixels) __attribute__((always_inline)) {
            if (rows_end_with_tiles || h + m < Out::height) {
                finish_row(pixels, biases, w, output + (h + m) * Out::row + w * count);
            }
        };
        if constexpr (holds_tile) {
            V tile[outputs.height * outputs.width];
            collect_tile<Step>(sums, tile);
            if constexpr (is_short) {
                unroll<outputs.height / pool>([&](std::size_t m)
                                                  __attribute__((always_inline)) { finish(m, tile + m * row); });
            } else {
                // The function is written out for a row, and not for all.
                alignas(alignment) T kept[outputs.height * outputs.width * count];
                unroll<outputs.height * outputs.width>(
                    [&](std::size_t j) __attribute__((always_inline)) { tile[j].store(kept + j * count); });
#pragma GCC unroll 1
                for (std::size_t m = 0; m < outputs.height / pool; ++m) {
                    const T* source = forget_origin(kept + m * row * count);
                    V pixels[row];
                    unroll<row>([&](std::size_t k)
                                    __attribute__((always_inline)) { pixels[k] = V::load(source + k * count); });
                    finish(m, pixels);
                }
            }
        } else {
            alignas(alignment) T rows[outputs.height * points.width * count];
#pragma GCC unroll 1
            for (std::size_t p = 0; p < points.width; ++p) {
                V result[outputs.height];
                collect_column<Step>(forget_origin(sums + p * Step), result);
                T* target = forget_origin(rows + p * count);
                unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) {
                    result[m].store(target + m * points.width * count);
                });
            }
#pragma GCC unroll 1
            for (std::size_t m = 0; m < outputs.height / pool; ++m) {
                V pixels[row];
                unroll<pool>([&](std::size_t k) __attribute__((always_inline)) {
                    const T* source = forget_origin(rows + (m * pool + k) * points.width * count);
                    V values[points.width];
                    unroll<points.width>(
                        [&](std::size_t p) __attribute__((always_inline)) { values[p] = V::load(source + p * count); });
                    Horizontal::template collect<outputs.width>(values, pixels + k * outputs.width);
                });
                finish(m, pixels);
            }
        }
    }

private:
    /// The vertical points of one horizontal point -> a column of the tile.
    template <std::size_t Step>
    [[gnu::always_inline]] static constexpr void collect_column(const T* sums, V* result) {
        V values[points.height];
        unroll<points.height>(
            [&](std::size_t k) __attribute__((always_inline)) { values[k] = V::load(sums + k * points.width * Step); });
        Vertical::template collect<outputs.height>(values, result);
    }

    /// Horizontal::collect of all rows at once: each column is added as it comes, so that the columns are not kept.
    template <std::size_t Step>
    [[gnu::always_inline]] static constexpr void collect_tile(const T* sums, V* tile) {
        const auto at = [](std::size_t m, std::size_t k)
                            __attribute__((always_inline)) { return m * outputs.width + k; };
        unroll<Horizontal::pair_count>([&](std::size_t pair) __attribute__((always_inline)) {
            V plus[outputs.height];
            V minus[outputs.height];
            collect_column<Step>(sums + (2 * pair + 2) * Step, plus);
            collect_column<Step>(sums + (2 * pair + 3) * Step, minus);
            unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) {
                const V even = plus[m] + minus[m];
                const V odd = plus[m] - minus[m];
                unroll<outputs.width>([&](std::size_t k) __attribute__((always_inline)) {
                    const V power = broadcast<V>(static_cast<T>(winograd::power(Horizontal::pairs[pair], k)));
                    V& sum = tile[at(m, k)];
                    sum = pair == 0 ? power * (k % 2 == 0 ? even : odd)
                                    : multiply_add(power, k % 2 == 0 ? even : odd, sum);
                });
            });
        });
        V ends[outputs.height];
        collect_column<Step>(sums, ends);
        unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) { tile[at(m, 0)] += ends[m]; });
        collect_column<Step>(sums + Step, ends);
        unroll<outputs.height>([&](std::size_t m)
                                   __attribute__((always_inline)) { tile[at(m, outputs.width - 1)] += ends[m]; });
    }

    /// Bias, function, pooling and store of a row of a tile of the output, which begins in column w.
    [[gnu::always_inline]] static constexpr void finish_row(const V* pixels, const T* biases, std::size_t w,
                                                            T* target) {
        const V bias = V::load(biases);
        V result[pool * outputs.width];
        unroll<pool * outputs.width>([&](std::size_t k) __attribute__((always_inline)) {
            result[k] = apply_function<Function>(pixels[k] + bias);
            if constexpr (HasRest) {
                const V zero = broadcast<V>(0);
                result[k] = select_less(zero, V::load(biases + padded), result[k], zero);
            }
        });
        unroll<outputs.width / pool>([&](std::size_t k) __attribute__((always_inline)) {
            if (columns_end_with_tiles || w + k < Out::width) {
                if constexpr (P == Pooling::none) {
                    result[k].store(target + k * count);
                } else {
                    const V* window = result + 2 * k;
                    const V* below = window + outputs.width;
                    if constexpr (P == Pooling::max2x2) {
                        larger(larger(window[0], window[1]), larger(below[0], below[1])).store(target + k * count);
                    } else {
                        ((window[0] + window[1] + (below[0] + below[1])) * broadcast<V>(T(1) / 4))
                            .store(target + k * count);
                    }
                }
            }
        });
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared

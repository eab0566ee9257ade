// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

// What the prepared convolutions that sum products directly have in common: which sums they hold in registers, and what
// becomes of a sum.
namespace CTCNN_DETAIL::kernels::prepared {

/// RegisterBlock: sums that are held in registers while they are computed: rows x columns pixels of the output, and of
/// each pixel so many vectors of channels. With `taps` > 1, the weights of so many taps are held beside them, and a
/// number of the input that is loaded serves all of these.
struct RegisterBlock {
    std::size_t rows;
    std::size_t columns;
    std::size_t vectors;
    std::size_t taps = 1;

    constexpr std::size_t pixels() const { return rows * columns; }
    constexpr std::size_t sums() const { return pixels() * vectors; }
    /// Whether the sums, the shorter side of their outer product or the weights, and a number that passes by, fit into
    /// the registers; and a product, where vectors of 16 bytes are no sign of fused multiply-adds.
    constexpr bool is_held(std::size_t registers = vector_registers) const {
        const std::size_t passing = vector_bytes > 16 ? 1 : 2;
        return sums() + (taps > 1 ? taps * vectors : std::min(pixels(), vectors)) + passing <= registers;
    }
    friend constexpr bool operator==(const RegisterBlock&, const RegisterBlock&) = default;
};

/// How many pixels of a convolution are computed: with pooling, those that the windows cover.
template <typename Out, Pooling P>
inline constexpr Extent computed =
    P == Pooling::none ? Extent{Out::height, Out::width} : Extent{2 * Out::height, 2 * Out::width};

/// Cut: pieces of one length, or of two that differ by a unit: 17 by at most 6 are 6 + 6 + 5. A short rest would have
/// too few sums to hide the latency of a multiply-add.
struct Cut {
    std::size_t large;        // length of the first pieces
    std::size_t large_count;  // how many there are
    std::size_t other;        // length of the others
    std::size_t other_count;

    constexpr std::size_t lengths() const { return (large_count != 0 ? 1u : 0u) + (other_count != 0 ? 1u : 0u); }
};

/// Cuts `count` into as few pieces as possible, of at most `most`; all are multiples of the unit.
constexpr Cut cut_evenly(std::size_t count, std::size_t most, std::size_t unit = 1) {
    const std::size_t pieces = (count + most - 1) / most;
    const std::size_t large = (count / unit + pieces - 1) / pieces * unit;
    const std::size_t other_count = (pieces * large - count) / unit;
    return {large, pieces - other_count, large - unit, other_count};
}

/// How many pieces cut_evenly makes.
constexpr std::size_t even_pieces(std::size_t count, std::size_t most, std::size_t unit = 1) {
    const Cut cut = cut_evenly(count, most, unit);
    return cut.large_count + cut.other_count;
}

/// Calls f(begin, Index<length of the piece>{}) for the pieces of cut_evenly.
template <std::size_t Count, std::size_t Most, std::size_t Unit = 1, typename F>
[[gnu::always_inline]] constexpr void for_each_even_piece(F&& f) {
    constexpr Cut cut = cut_evenly(Count, Most, Unit);
    constexpr std::size_t rest = cut.large * cut.large_count;
    for (std::size_t begin = 0; begin < rest; begin += cut.large) {
        f(begin, Index<cut.large>{});
    }
    if constexpr (cut.other_count != 0) {
        for (std::size_t begin = rest; begin < Count; begin += cut.other) {
            f(begin, Index<cut.other>{});
        }
    }
}

/// What is computed of a pixel of the output: with pooling, blocks have whole pairs of rows and columns.
template <Pooling P>
inline constexpr std::size_t pooled = P == Pooling::none ? 1 : 2;

/// The cycles of one step of the sums of an image of height x width pixels and so many vectors of channels, cut into
/// register blocks, on a core with one multiply-add a cycle, 16 times. Measured on a core with two and a latency of 4:
/// 12 sums are computed at full speed, 8 at 94 %; fewer take as long as 8.
template <Pooling P>
constexpr std::size_t sixteenths_of_step(Extent image, std::size_t vectors, RegisterBlock block) {
    const auto pieces = [](Cut cut, const auto& cycles) {
        return cut.large_count * cycles(cut.large) + (cut.other_count != 0 ? cut.other_count * cycles(cut.other) : 0);
    };
    return pieces(cut_evenly(image.height, block.rows, pooled<P>), [&](std::size_t rows) {
        return pieces(cut_evenly(image.width, block.columns, pooled<P>), [&](std::size_t columns) {
            return pieces(cut_evenly(vectors, block.vectors), [&](std::size_t n) {
                const std::size_t sums = rows * columns * n;
                const std::size_t loads = rows * columns / block.taps + n;
                return 16 * std::max({sums, loads, std::size_t{8}}) + 2 * (12 - std::clamp<std::size_t>(sums, 8, 12));
            });
        });
    });
}

/// The register block that computes an image in the fewest cycles; a second shape of block, for edges, has to save 1/64
/// of them. Of equal ones that which loads least: a vector of weights is as much as two pixels. Of these, that of the
/// fewest rows.
template <Pooling P>
constexpr RegisterBlock choose_block(Extent image, std::size_t vectors, std::size_t taps = 1,
                                     std::size_t registers = vector_registers) {
    struct Rating {
        std::size_t cost;
        RegisterBlock block;

        constexpr bool is_better(const Rating& other) const {
            return cost != other.cost ? cost < other.cost
                                      : (block.pixels() + 2 * block.vectors) * other.block.sums() <
                                            (other.block.pixels() + 2 * other.block.vectors) * block.sums();
        }
    };
    const auto rate = [&](RegisterBlock block) {
        const std::size_t shapes = cut_evenly(image.height, block.rows, pooled<P>).lengths() *
                                   cut_evenly(image.width, block.columns, pooled<P>).lengths() *
                                   cut_evenly(vectors, block.vectors).lengths();
        return Rating{sixteenths_of_step<P>(image, vectors, block) * (63 + shapes), block};
    };
    const auto is_length = [](std::size_t count, std::size_t length, std::size_t unit) {
        return cut_evenly(count, length, unit).large == length;
    };
    Rating best = rate({pooled<P>, pooled<P>, 1, taps});
    for (std::size_t rows = pooled<P>; rows <= image.height; rows += pooled<P>) {
        for (std::size_t columns = pooled<P>; columns <= image.width; columns += pooled<P>) {
            for (std::size_t n = 1; n <= std::min<std::size_t>(vectors, 8); ++n) {
                const RegisterBlock block{rows, columns, n, taps};
                if (!block.is_held(registers)) {
                    break;
                }
                if (is_length(image.height, rows, pooled<P>) && is_length(image.width, columns, pooled<P>) &&
                    is_length(vectors, n, 1)) {
                    if (const Rating rating = rate(block); rating.is_better(best)) {
                        best = rating;
                    }
                }
            }
            if (!RegisterBlock{rows, columns, 1, taps}.is_held(registers)) {
                break;
            }
        }
        if (!RegisterBlock{rows, pooled<P>, 1, taps}.is_held(registers)) {
            break;
        }
    }
    return best.block;
}

/// Whether an elementwise function takes so few instructions and constants that it is written out for each sum of a
/// register block; the others are computed in a loop over the sums in memory.
template <typename Function>
inline constexpr bool is_short_function = false;
template <>
inline constexpr bool is_short_function<NoFunction> = true;
template <>
inline constexpr bool is_short_function<ReLU> = true;
template <double Slope>
inline constexpr bool is_short_function<LeakyReLU<Slope>> = true;
template <double Min, double Max>
inline constexpr bool is_short_function<Clamp<Min, Max>> = true;

/// Pooling: what becomes of four neighbouring pixels.
template <Pooling P, typename V>
[[gnu::always_inline]] constexpr V pool_window(const V& a, const V& b, const V& c, const V& d) {
    if constexpr (P == Pooling::max2x2) {
        return larger(larger(a, b), larger(c, d));
    } else {
        return (a + b + (c + d)) * broadcast<V>(scalar_t<V>(1) / 4);
    }
}

/// Epilogue: what follows the sums of a register block: bias, function, pooling, store.
/// Packed    biases (blocks of Out, Count), and if the channels do not fill the last block, the same of ones and of
///           zeros for channels that there are not: their outputs are zero, also where the function of zero is not, and
///           where the input is not finite.
template <typename S, Pooling P>
struct Epilogue {
    using Out = typename S::Out;
    using Function = typename S::Function;
    using V = typename S::V;
    using T = typename S::T;

    static constexpr std::size_t padded = Out::blocks * V::count;
    static constexpr bool has_rest = Out::channels % V::count != 0;
    static constexpr std::size_t packed_size = has_rest ? 2 * padded : padded;

    static constexpr void pack(const T* bias, T* packed) {
        for (std::size_t c = 0; c < padded; ++c) {
            packed[c] = c < Out::channels && bias != nullptr ? bias[c] : T(0);
            if constexpr (has_rest) {
                packed[padded + c] = c < Out::channels ? T(1) : T(0);
            }
        }
    }

    /// sum[(row * B.columns + column) * B.vectors + n]; `packed` points to the biases of the first vector, `target` to
    /// the first pixel of the output. Not more pixels than there are.
    template <RegisterBlock B>
    [[gnu::always_inline]] static constexpr void finish(const V* sum, const T* packed, T* target) {
        if constexpr (is_short_function<Function>) {
            unroll<B.vectors>([&](std::size_t n)
                                  __attribute__((always_inline)) { finish_vector<B, true>(sum, packed, target, n); });
        } else {
            V kept[B.sums()];
            V* sums = forget_origin(kept);
            unroll<B.sums()>([&](std::size_t j) __attribute__((always_inline)) { sums[j] = sum[j]; });
#pragma GCC unroll 1
            for (std::size_t n = 0; n < B.vectors; ++n) {
                finish_vector<B, false>(sums, packed, target, n);
            }
        }
    }

private:
    /// One vector of all pixels. `written_out`: with constant indices.
    template <RegisterBlock B, bool WrittenOut>
    [[gnu::always_inline]] static constexpr void finish_vector(const V* sum, const T* packed, T* target,
                                                               std::size_t n) {
        const V bias = V::load(packed + n * V::count);
        const auto value = [&](std::size_t row, std::size_t column) __attribute__((always_inline)) {
            const V result = apply_function<Function>(sum[(row * B.columns + column) * B.vectors + n] + bias);
            if constexpr (has_rest) {
                const V zero = broadcast<V>(0);
                return select_less(zero, V::load(packed + padded + n * V::count), result, zero);
            } else {
                return result;
            }
        };
        const auto finish_pixel = [&](std::size_t row, std::size_t column) __attribute__((always_inline)) {
            T* place = target + n * Out::plane + row * Out::row + column * V::count;
            if constexpr (P == Pooling::none) {
                value(row, column).store(place);
            } else {
                pool_window<P>(value(2 * row, 2 * column), value(2 * row, 2 * column + 1),
                               value(2 * row + 1, 2 * column), value(2 * row + 1, 2 * column + 1))
                    .store(place);
            }
        };
        constexpr std::size_t rows = B.rows / pooled<P>;
        constexpr std::size_t columns = B.columns / pooled<P>;
        if constexpr (WrittenOut) {
            unroll<rows * columns>([&](std::size_t pixel) __attribute__((always_inline)) {
                finish_pixel(pixel / columns, pixel % columns);
            });
        } else {
#pragma GCC unroll 1
            for (std::size_t row = 0; row < rows; ++row) {
#pragma GCC unroll 1
                for (std::size_t column = 0; column < columns; ++column) {
                    finish_pixel(row, column);
                }
            }
        }
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared

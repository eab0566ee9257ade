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
    std::size_t rows = 1;
    std::size_t columns = 1;
    std::size_t vectors = 1;
    std::size_t taps = 1;

    constexpr std::size_t pixels() const { return rows * columns; }
    constexpr std::size_t sums() const { return pixels() * vectors; }
    /// Whether the sums, the shorter side of their outer product or the weights, a number that passes by, and a product
    /// where the processor cannot fuse it with the addition, fit into the registers.
    constexpr bool is_held(std::size_t registers = vector_registers) const {
        return sums() + (taps > 1 ? taps * vectors : std::min(pixels(), vectors)) + 2 <= registers;
    }
    friend constexpr bool operator==(const RegisterBlock&, const RegisterBlock&) = default;
};

/// How many pixels of a convolution are computed: with pooling, those that the windows cover.
template <typename Out, Pooling P>
inline constexpr Extent computed =
    P == Pooling::none ? Extent{Out::height, Out::width} : Extent{2 * Out::height, 2 * Out::width};

/// The cycles of one step of the sums of an image of height x width pixels and so many vectors of channels, cut into
/// register blocks, on a core with one multiply-add a cycle; the smaller blocks at the edges included.
constexpr std::size_t cycles_of_step(Extent image, std::size_t vectors, RegisterBlock block) {
    const auto pieces = [](std::size_t count, std::size_t size, const auto& cycles) {
        return count / size * cycles(size) + (count % size != 0 ? cycles(count % size) : 0);
    };
    return pieces(image.height, block.rows, [&](std::size_t rows) {
        return pieces(image.width, block.columns, [&](std::size_t columns) {
            return pieces(vectors, block.vectors, [&](std::size_t n) {
                // Two multiply-adds a cycle with a latency of 4, or two loads: see half_cycles.
                return std::max({rows * columns * n, rows * columns / block.taps + n, std::size_t{8}});
            });
        });
    });
}

/// The register block that computes an image in the fewest cycles. Of equal ones that which is cut into the fewest
/// shapes, then that which loads least: a vector of weights is as much as two pixels. Windows of pooling lie inside a
/// block: it has whole pairs of rows and columns. A block has several rows where it has whole rows.
template <Pooling P>
constexpr RegisterBlock choose_block(Extent image, std::size_t vectors, std::size_t taps = 1,
                                     std::size_t registers = vector_registers) {
    constexpr std::size_t step = P == Pooling::none ? 1 : 2;
    struct Rating {
        std::size_t cycles;
        std::size_t shapes;
        RegisterBlock block;

        constexpr bool is_better(const Rating& other) const {
            if (cycles != other.cycles) {
                return cycles < other.cycles;
            }
            if (shapes != other.shapes) {
                return shapes < other.shapes;
            }
            return (block.pixels() + 2 * block.vectors) * other.block.sums() <
                   (other.block.pixels() + 2 * other.block.vectors) * block.sums();
        }
    };
    const auto rate = [&](RegisterBlock block) {
        const auto shapes = [](std::size_t count, std::size_t size) {
            return (count >= size ? std::size_t{1} : std::size_t{0}) + (count % size != 0 ? 1 : 0);
        };
        return Rating{
            cycles_of_step(image, vectors, block),
            shapes(image.height, block.rows) * shapes(image.width, block.columns) * shapes(vectors, block.vectors),
            block};
    };
    Rating best = rate({step, step, 1, taps});
    for (std::size_t n = 1; n <= std::min<std::size_t>(vectors, 8); ++n) {
        for (std::size_t columns = step; columns <= image.width; columns += step) {
            for (std::size_t rows = step; rows <= image.height; rows += step) {
                const RegisterBlock block{rows, columns, n, taps};
                if (!block.is_held(registers) || (rows > step && columns < image.width)) {
                    break;
                }
                if (const Rating rating = rate(block); rating.is_better(best)) {
                    best = rating;
                }
            }
            if (!RegisterBlock{step, columns, n, taps}.is_held(registers)) {
                break;
            }
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
[[gnu::always_inline]] inline V pool_window(const V& a, const V& b, const V& c, const V& d) {
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

    static void pack(const T* bias, T* packed) {
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
    [[gnu::always_inline]] static void finish(const V* sum, const T* packed, T* target) {
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
    [[gnu::always_inline]] static void finish_vector(const V* sum, const T* packed, T* target, std::size_t n) {
        const V bias = V::load(packed + n * V::count);
        const auto value = [&](std::size_t row, std::size_t column) __attribute__((always_inline)) {
            const V result = Function::forward(sum[(row * B.columns + column) * B.vectors + n] + bias);
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
        constexpr std::size_t step = P == Pooling::none ? 1 : 2;
        constexpr std::size_t rows = B.rows / step;
        constexpr std::size_t columns = B.columns / step;
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

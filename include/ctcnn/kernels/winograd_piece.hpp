// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

// Where compilers do not optimise, each copy of what is inlined has places of its own on the stack, and threads may have
// little of it.
#if defined(__OPTIMIZE__)
#define CTCNN_INLINED __attribute__((always_inline))
#else
#define CTCNN_INLINED
#endif

namespace CTCNN_DETAIL::kernels::winograd {

/// PiecePairs: the pairs of N points, for filters of both axes. With 6 points, errors are those of direct sums.
template <std::size_t N>
struct PiecePairs {
    static constexpr std::array<double, 3> values =
        N == 4 ? std::array<double, 3>{1} : std::array<double, 3>{0.625, 1.5};
};

/// Piece: the maps of winograd::Points on both axes, for Rows x Columns points. What belongs to the point (r, c) lies
/// at values[(r * Columns + c) * step]. Nothing here depends on the sizes of a convolution, so that all of them share
/// it.
template <std::size_t Rows, std::size_t Columns>
struct Piece {
    using Vertical = Points<Rows, PiecePairs<Rows>>;
    using Horizontal = Points<Columns, PiecePairs<Columns>>;
    static constexpr std::size_t rows = Rows;
    static constexpr std::size_t columns = Columns;
    static constexpr std::size_t count = Rows * Columns;

    /// Points::points_of_inputs of Rows x Columns inputs, whose rows begin `row` elements apart.
    template <Number V>
    [[gnu::noinline]] static void points_of_inputs(const V* input, std::size_t row, V* values, std::size_t step) {
        unroll<Rows / 2>([&](std::size_t two) CTCNN_INLINED {
            const V* x[Rows];
            place_rows<Rows>(input, row, x);
            V both[2][Columns];
            unroll<Columns>([&](std::size_t w) CTCNN_INLINED {
                V column[Rows];
                unroll<Rows>([&](std::size_t h) __attribute__((always_inline)) { column[h] = x[h][w]; });
                V result[2];
                Vertical::points_of_inputs_two(two, column, result);
                both[0][w] = result[0];
                both[1][w] = result[1];
            });
            unroll<2>([&](std::size_t n) CTCNN_INLINED {
                V result[Columns];
                Horizontal::points_of_inputs(both[n], result);
                values = store_row(result, values, step);
            });
        });
    }

    /// Points::evaluate of Height x Width coefficients, with the scales of the points or without.
    template <std::size_t Height, std::size_t Width, bool Scales, Number V>
    [[gnu::noinline]] static void evaluate(const V* coefficients, std::size_t row, V* values, std::size_t step) {
        unroll<Rows / 2>([&](std::size_t two) CTCNN_INLINED {
            const V* c[Height];
            place_rows<Height>(coefficients, row, c);
            V both[2][Width];
            unroll<Width>([&](std::size_t w) CTCNN_INLINED {
                V column[Height];
                unroll<Height>([&](std::size_t h) __attribute__((always_inline)) { column[h] = c[h][w]; });
                V result[2];
                Vertical::template evaluate_two<Height>(two, column, result);
                both[0][w] = result[0];
                both[1][w] = result[1];
            });
            unroll<2>([&](std::size_t n) CTCNN_INLINED {
                V result[Columns];
                Horizontal::template evaluate<Width>(both[n], result);
                if constexpr (Scales) {
                    unroll<Columns>([&](std::size_t w) __attribute__((always_inline)) {
                        result[w] = times(Vertical::scale[2 * two + n] * Horizontal::scale[w], result[w]);
                    });
                }
                values = store_row(result, values, step);
            });
        });
    }

    /// Points::collect: Height x Width coefficients, one row after the other; with the scales of the points or without.
    template <std::size_t Height, std::size_t Width, bool Scales, Number V>
    [[gnu::noinline]] static void collect(const V* values, std::size_t step, V* coefficients) {
        V kept[Height * Columns];
        const V* column = values;
#pragma GCC unroll 1
        for (std::size_t w = 0; w < Columns; ++w) {
            V at_points[Rows];
            const V* value = column;
            unroll<Rows>([&](std::size_t h) __attribute__((always_inline)) {
                at_points[h] = Scales ? times(Vertical::scale[h], *value) : *value;
                value = forget_origin(value + Columns * step);
            });
            V result[Height];
            Vertical::template collect<Height>(at_points, result);
            unroll<Height>([&](std::size_t h) __attribute__((always_inline)) { kept[h * Columns + w] = result[h]; });
            column = forget_origin(column + step);
        }
        const V* source = kept;
#pragma GCC unroll 1
        for (std::size_t h = 0; h < Height; ++h) {
            V at_points[Columns];
            unroll<Columns>([&](std::size_t w) __attribute__((always_inline)) {
                at_points[w] = Scales ? times(Horizontal::scale[w], source[w]) : source[w];
            });
            V result[Width];
            Horizontal::template collect<Width>(at_points, result);
            unroll<Width>([&](std::size_t w) __attribute__((always_inline)) { coefficients[w] = result[w]; });
            source = forget_origin(source + Columns);
            coefficients = forget_origin(coefficients + Width);
        }
    }

    /// Points::inputs_of_points: Rows x Columns inputs, one column after the other.
    template <Number V>
    [[gnu::noinline]] static void inputs_of_points(const V* values, std::size_t step, V* inputs) {
        V kept[Rows * Columns];
        const V* source = values;
        V* target = kept;
#pragma GCC unroll 1
        for (std::size_t h = 0; h < Rows; ++h) {
            V at_points[Columns];
            unroll<Columns>([&](std::size_t w) __attribute__((always_inline)) {
                at_points[w] = *source;
                source = forget_origin(source + step);
            });
            V result[Columns];
            Horizontal::inputs_of_points(at_points, result);
            unroll<Columns>([&](std::size_t w) __attribute__((always_inline)) { target[w] = result[w]; });
            target = forget_origin(target + Columns);
        }
        source = kept;
#pragma GCC unroll 1
        for (std::size_t w = 0; w < Columns; ++w) {
            V at_points[Rows];
            unroll<Rows>([&](std::size_t h) __attribute__((always_inline)) { at_points[h] = source[h * Columns]; });
            V result[Rows];
            Vertical::inputs_of_points(at_points, result);
            unroll<Rows>([&](std::size_t h) __attribute__((always_inline)) { inputs[h] = result[h]; });
            source = forget_origin(source + 1);
            inputs = forget_origin(inputs + Rows);
        }
    }

private:
    template <Number V>
    [[gnu::always_inline]] static V times(double factor, V value) {
        return broadcast<V>(static_cast<scalar_t<V>>(factor)) * value;
    }
    /// Where rows begin, so that their addresses are computed from few registers.
    template <std::size_t Count, Number V>
    [[gnu::always_inline]] static void place_rows(const V* first, std::size_t row, const V** places) {
        const V* place = forget_origin(first);
        unroll<Count>([&](std::size_t h) __attribute__((always_inline)) {
            places[h] = place;
            place = forget_origin(place + row);
        });
    }
    /// Returns where the next row begins.
    template <Number V>
    [[gnu::always_inline]] static V* store_row(const V* row, V* values, std::size_t step) {
        unroll<Columns>([&](std::size_t w) __attribute__((always_inline)) {
            *values = row[w];
            values = forget_origin(values + step);
        });
        return values;
    }
};

}  // namespace CTCNN_DETAIL::kernels::winograd

#undef CTCNN_INLINED

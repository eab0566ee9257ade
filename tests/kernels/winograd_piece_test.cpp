// SPDX-License-Identifier: MIT
// The maps on both axes are those of each axis, one after the other.
#include <ctcnn/kernels/winograd_piece.hpp>

#include <cstddef>
#include <vector>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/winograd.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using namespace ctcnn::detail_::kernels;

namespace {

// Points whose errors are those of direct sums.
static_assert(winograd::PiecePairs<4>::values[0] == 1);
static_assert(winograd::PiecePairs<6>::values[0] == 0.625 && winograd::PiecePairs<6>::values[1] == 1.5);

/// A map of columns and then of rows: (Height, Width) -> (rows, columns).
template <typename Columns, typename Rows>
std::vector<double> on_both_axes(const std::vector<double>& from, std::size_t height, std::size_t width,
                                 std::size_t rows, std::size_t columns, const Columns& of_column, const Rows& of_row) {
    std::vector<double> half(rows * width);
    for (std::size_t w = 0; w < width; ++w) {
        std::vector<double> column(height);
        std::vector<double> result(rows);
        for (std::size_t h = 0; h < height; ++h) {
            column[h] = from[h * width + w];
        }
        of_column(column.data(), result.data());
        for (std::size_t h = 0; h < rows; ++h) {
            half[h * width + w] = result[h];
        }
    }
    std::vector<double> to(rows * columns);
    for (std::size_t h = 0; h < rows; ++h) {
        of_row(half.data() + h * width, to.data() + h * columns);
    }
    return to;
}

template <typename V>
void check_lanes(const V* result, std::size_t step, const std::vector<double>& expected) {
    for (std::size_t n = 0; n < expected.size(); ++n) {
        const double last = get_lane(result[n * step], lane_count<V> - 1);
        CHECK(last == Approx(expected[n]).margin(1e-12));
    }
}

template <std::size_t Rows, std::size_t Columns>
void check_piece() {
    using V = Lanes<double>;
    using Piece = winograd::Piece<Rows, Columns>;
    using Vertical = typename Piece::Vertical;
    using Horizontal = typename Piece::Horizontal;
    constexpr std::size_t height = Rows - 2;
    constexpr std::size_t width = Columns - 2;
    constexpr std::size_t step = 3;
    const auto numbers = Draw(1).reals<double>(Rows * Columns, -1.0, 1.0);
    std::vector<V> inputs(Rows * (Columns + 1));  // in rows that are longer than a piece
    std::vector<V> coefficients(height * width);
    std::vector<V> values(Piece::count * step);
    std::vector<V> result(Piece::count);
    for (std::size_t n = 0; n < Piece::count; ++n) {
        inputs[n / Columns * (Columns + 1) + n % Columns] = V::broadcast(numbers[n]);
        values[n * step] = V::broadcast(numbers[n]);
    }
    for (std::size_t n = 0; n < height * width; ++n) {
        coefficients[n] = V::broadcast(numbers[n]);
    }
    const auto all_scales = [](std::vector<double> of) {
        for (std::size_t n = 0; n < Piece::count; ++n) {
            of[n] *= Vertical::scale[n / Columns] * Horizontal::scale[n % Columns];
        }
        return of;
    };

    std::vector<V> at_points(Piece::count * step);
    Piece::points_of_inputs(inputs.data(), Columns + 1, at_points.data(), step);
    check_lanes(
        at_points.data(), step,
        on_both_axes(
            numbers, Rows, Columns, Rows, Columns, [](const double* x, double* y) { Vertical::points_of_inputs(x, y); },
            [](const double* x, double* y) { Horizontal::points_of_inputs(x, y); }));

    const auto evaluated = on_both_axes(
        numbers, height, width, Rows, Columns,
        [](const double* x, double* y) { Vertical::template evaluate<height>(x, y); },
        [](const double* x, double* y) { Horizontal::template evaluate<width>(x, y); });
    Piece::template evaluate<height, width, false>(coefficients.data(), width, at_points.data(), step);
    check_lanes(at_points.data(), step, evaluated);
    Piece::template evaluate<height, width, true>(coefficients.data(), width, at_points.data(), step);
    check_lanes(at_points.data(), step, all_scales(evaluated));

    const auto collect = [](const std::vector<double>& from) {
        return on_both_axes(
            from, Rows, Columns, height, width,
            [](const double* x, double* y) { Vertical::template collect<height>(x, y); },
            [](const double* x, double* y) { Horizontal::template collect<width>(x, y); });
    };
    Piece::template collect<height, width, false>(values.data(), step, result.data());
    check_lanes(result.data(), 1, collect(numbers));
    Piece::template collect<height, width, true>(values.data(), step, result.data());
    check_lanes(result.data(), 1, collect(all_scales(numbers)));

    // One column after the other.
    const auto back = on_both_axes(
        numbers, Rows, Columns, Rows, Columns, [](const double* x, double* y) { Vertical::inputs_of_points(x, y); },
        [](const double* x, double* y) { Horizontal::inputs_of_points(x, y); });
    std::vector<double> by_columns(Piece::count);
    for (std::size_t n = 0; n < Piece::count; ++n) {
        by_columns[n % Columns * Rows + n / Columns] = back[n];
    }
    Piece::inputs_of_points(values.data(), step, result.data());
    check_lanes(result.data(), 1, by_columns);
}

}  // namespace

TEST_CASE("the maps of minimal filtering on both axes are those of each axis") {
    check_piece<6, 6>();
    check_piece<4, 4>();
    check_piece<4, 6>();
    check_piece<6, 4>();
}

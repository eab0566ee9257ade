// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// Matrix: rows of numbers, row-major. Rows begin `stride` numbers apart, a multiple of the lanes of V.
template <typename T>
struct Matrix {
    T* data;
    std::size_t rows;
    std::size_t columns;
    std::size_t stride;

    constexpr T& operator()(std::size_t row, std::size_t column) const { return data[row * stride + column]; }
};

/// How many numbers apart the rows of a matrix begin.
template <Number V>
constexpr std::size_t row_stride(std::size_t columns) {
    return (columns + lane_count<V> - 1) / lane_count<V> * lane_count<V>;
}

/// Rows by Columns registers of sums.
template <Number V, std::size_t Rows, std::size_t Columns, typename T>
constexpr void multiply_block(Matrix<const T> left, Matrix<const T> right, T scale, const T* added, T added_scale,
                              Matrix<T> result, std::size_t row, std::size_t column) {
    constexpr std::size_t lanes = lane_count<V>;
    const auto load = [](const T* from) {
        if constexpr (is_lanes<V>) {
            return V::load(from);
        } else {
            return *from;
        }
    };
    std::array<std::array<V, Columns>, Rows> sums{};
    for (std::size_t k = 0; k < left.columns; ++k) {
        std::array<V, Columns> factors{};
        for (std::size_t c = 0; c < Columns; ++c) {
            factors[c] = load(&right(k, column + c * lanes));
        }
        for (std::size_t r = 0; r < Rows; ++r) {
            const V factor = broadcast<V>(left(row + r, k));
            for (std::size_t c = 0; c < Columns; ++c) {
                sums[r][c] = multiply_add(factor, factors[c], sums[r][c]);
            }
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        for (std::size_t c = 0; c < Columns; ++c) {
            const std::size_t at = (row + r) * result.stride + column + c * lanes;
            const V rest = broadcast<V>(added_scale) * load(added + at);
            const V sum = multiply_add(broadcast<V>(scale), sums[r][c], rest);
            if constexpr (is_lanes<V>) {
                sum.store(result.data + at);
            } else {
                result.data[at] = sum;
            }
        }
    }
}

/// result = scale * left * right + added_scale * added; `added` lies as the result does. All columns up to the strides
/// are computed: they are 0 where those of `right` and `added` are.
template <Number V, typename T>
[[gnu::noinline]] constexpr void multiply(Matrix<const T> left, Matrix<const T> right, T scale, const T* added,
                                          T added_scale, Matrix<T> result) {
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t most_rows = 4;
    const auto columns_of = [&]<std::size_t Columns>(std::size_t column) {
        std::size_t row = 0;
        for (; row + most_rows <= result.rows; row += most_rows) {
            multiply_block<V, most_rows, Columns>(left, right, scale, added, added_scale, result, row, column);
        }
        for (; row < result.rows; ++row) {
            multiply_block<V, 1, Columns>(left, right, scale, added, added_scale, result, row, column);
        }
    };
    std::size_t column = 0;
    for (; column + 2 * lanes <= result.stride; column += 2 * lanes) {
        columns_of.template operator()<2>(column);
    }
    if (column < result.stride) {
        columns_of.template operator()<1>(column);
    }
}

}  // namespace CTCNN_DETAIL::kernels

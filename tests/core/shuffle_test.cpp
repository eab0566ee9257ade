// SPDX-License-Identifier: MIT
#include <ctcnn/core/shuffle.hpp>

#include <array>
#include <cstddef>
#include <limits>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"
#include "ramp.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

static_assert(sum_lanes(5.0f) == 5);

template <typename V>
void check_sum() {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    CHECK(sum_lanes(ramp<V>(1)) == static_cast<T>(lanes * (lanes + 1) / 2));
    if constexpr (lanes > 2) {
        // Lanes half a vector apart meet first, so the large numbers cancel and the small one survives. Added from the
        // first lane to the last, it would be lost beside the large one.
        const T large = 4 / std::numeric_limits<T>::epsilon();
        V value{};
        set_lane(value, 0, large);
        set_lane(value, 1, T(1));
        set_lane(value, lanes / 2, -large);
        CHECK(sum_lanes(value) == 1);
    }
    // Many at a time: the same sums bit by bit, also of those that fill no whole block.
    std::array<V, 3 * lanes + 1> numbers;
    std::array<T, 3 * lanes + 1> sums{};
    for (std::size_t n = 0; n < numbers.size(); ++n) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            set_lane(numbers[n], lane, T(1) / static_cast<T>(1 + n * lanes + lane));
        }
    }
    store_sums_of_lanes<3 * lanes + 1>(numbers.data(), sums.data());
    for (std::size_t n = 0; n < numbers.size(); ++n) {
        CHECK(sums[n] == sum_lanes(numbers[n]));
    }
}

/// The sums of fewer numbers than there are lanes: behind them, zeros.
template <std::size_t Count, typename V>
void check_few_sums() {
    using T = scalar_t<V>;
    if constexpr (Count <= lane_count<V>) {
        std::array<V, Count> numbers;
        for (std::size_t n = 0; n < Count; ++n) {
            numbers[n] = ramp<V>(static_cast<T>(n + 1));
        }
        const V sums = sums_of_lanes<Count>(numbers.data());
        for (std::size_t n = 0; n < lane_count<V>; ++n) {
            CHECK(get_lane(sums, n) == (n < Count ? sum_lanes(numbers[n]) : T(0)));
        }
    }
}

/// Every lane is a number of its own.
template <typename V>
void check_transpose() {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    std::array<V, lanes> rows;
    for (std::size_t row = 0; row < lanes; ++row) {
        rows[row] = ramp<V>(static_cast<T>(row * lanes));
    }
    transpose(rows);
    for (std::size_t row = 0; row < lanes; ++row) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            CHECK(get_lane(rows[row], lane) == static_cast<T>(lane * lanes + row));
        }
    }
}

/// Half as many rows: each half of the lanes is a square of its own.
template <typename V>
void check_transpose_halves() {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t half = lanes / 2;
    std::array<V, half> rows;
    for (std::size_t row = 0; row < half; ++row) {
        rows[row] = ramp<V>(static_cast<T>(row * lanes));
    }
    transpose_halves(rows);
    for (std::size_t row = 0; row < half; ++row) {
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            CHECK(get_lane(rows[row], lane) == static_cast<T>(lane % half * lanes + lane / half * half + row));
        }
    }
}

/// Rows of Count numbers, counted through, become columns, and rows again.
template <typename V, std::size_t Count>
void check_columns() {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    std::array<T, lanes * Count> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = static_cast<T>(i);
    }
    std::array<V, Count> columns;
    load_columns<Count>(rows.data(), columns.data());
    for (std::size_t row = 0; row < lanes; ++row) {
        for (std::size_t column = 0; column < Count; ++column) {
            CHECK(get_lane(columns[column], row) == static_cast<T>(row * Count + column));
        }
    }
    std::array<T, lanes * Count> again{};
    store_columns<Count>(columns.data(), again.data());
    CHECK(again == rows);
}

template <typename V>
void check() {
    check_sum<V>();
    check_few_sums<1, V>();
    check_few_sums<2, V>();
    check_few_sums<3, V>();
    check_few_sums<8, V>();
    check_transpose<V>();
    check_transpose_halves<V>();
    check_columns<V, 2>();
    check_columns<V, 3>();
    check_columns<V, 5>();
    check_columns<V, 7>();
}

}  // namespace

TEST_CASE("lanes of floats are mixed") {
    check<Lanes<float, 2>>();
    check<Lanes<float, 4>>();
    check<Lanes<float, 8>>();
    check<Lanes<float, 16>>();
    check<Lanes<float>>();
}

TEST_CASE("lanes of doubles are mixed") {
    check<Lanes<double, 2>>();
    check<Lanes<double, 4>>();
    check<Lanes<double, 8>>();
    check<Lanes<double>>();
}

// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/winograd.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::kernels;

namespace {

using Six = std::array<double, winograd::points>;

constexpr double dot(const double* a, const double* b, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

constexpr Six inputs{3, -1, 4, 1, -5, 9};
constexpr Six values{2, 7, -1, 8, -2, 8};

/// Filtering by values at the points gives what sliding the filter does.
template <std::size_t Taps>
constexpr bool filters() {
    constexpr std::size_t outputs = winograd::outputs_of(Taps);
    constexpr std::array<double, 5> weight{24, -48, 72, 24, -24};
    Six product{};
    Six of_weight{};
    winograd::points_of_inputs(inputs.data(), product.data());
    winograd::evaluate<Taps>(weight.data(), of_weight.data());
    for (std::size_t f = 0; f < winograd::points; ++f) {
        product[f] *= of_weight[f] * winograd::scale[f];
    }
    std::array<double, outputs> result{};
    winograd::collect<outputs>(product.data(), result.data());
    for (std::size_t n = 0; n < outputs; ++n) {
        if (result[n] != dot(inputs.data() + n, weight.data(), Taps)) {
            return false;
        }
    }
    return true;
}
static_assert(filters<2>() && filters<3>() && filters<4>() && filters<5>());

/// collect is the transpose of evaluate, whose matrix is power.
template <std::size_t N>
constexpr bool transposes() {
    Six evaluated{};
    winograd::evaluate<N>(inputs.data(), evaluated.data());
    std::array<double, N> collected{};
    winograd::collect<N>(values.data(), collected.data());
    for (std::size_t f = 0; f < winograd::points; ++f) {
        double sum = 0;
        for (std::size_t k = 0; k < N; ++k) {
            sum += winograd::power<N>(f, k) * inputs[k];
        }
        if (sum != evaluated[f]) {
            return false;
        }
    }
    return dot(evaluated.data(), values.data(), winograd::points) == dot(inputs.data(), collected.data(), N);
}
static_assert(transposes<2>() && transposes<3>() && transposes<4>() && transposes<5>());

static_assert([] {
    Six at_points{};
    winograd::points_of_inputs(inputs.data(), at_points.data());
    Six back{};
    winograd::inputs_of_points(values.data(), back.data());
    return dot(at_points.data(), values.data(), winograd::points) == dot(inputs.data(), back.data(), winograd::points);
}());

/// The same numbers in lanes, where the compiler may fuse and reorder: all are whole, so that nothing is rounded.
template <std::size_t N>
void check_lanes() {
    using V = Lanes<float>;
    std::array<V, winograd::points> input{};
    std::array<V, winograd::points> value{};
    for (std::size_t i = 0; i < winograd::points; ++i) {
        input[i] = V::broadcast(static_cast<float>(inputs[i]));
        value[i] = V::broadcast(static_cast<float>(values[i]));
    }
    const auto check_equal = [](const V& lanes, double expected) {
        CHECK(static_cast<double>(get_lane(lanes, lane_count<V> - 1)) == expected);
    };
    std::array<V, winograd::points> result{};
    Six expected{};
    winograd::evaluate<N>(input.data(), result.data());
    winograd::evaluate<N>(inputs.data(), expected.data());
    for (std::size_t f = 0; f < winograd::points; ++f) {
        check_equal(result[f], expected[f]);
    }
    winograd::collect<N>(value.data(), result.data());
    winograd::collect<N>(values.data(), expected.data());
    for (std::size_t k = 0; k < N; ++k) {
        check_equal(result[k], expected[k]);
    }
    winograd::points_of_inputs(input.data(), result.data());
    winograd::points_of_inputs(inputs.data(), expected.data());
    for (std::size_t f = 0; f < winograd::points; ++f) {
        check_equal(result[f], expected[f]);
    }
    winograd::inputs_of_points(value.data(), result.data());
    winograd::inputs_of_points(values.data(), expected.data());
    for (std::size_t n = 0; n < winograd::points; ++n) {
        check_equal(result[n], expected[n]);
    }
}

}  // namespace

TEST_CASE("the transforms of minimal filtering are the same in lanes as in constant expressions") {
    check_lanes<2>();
    check_lanes<3>();
    check_lanes<4>();
    check_lanes<5>();
}

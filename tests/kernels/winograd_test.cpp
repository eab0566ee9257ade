// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/winograd.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using namespace ctcnn::detail_::kernels;

namespace {

using Numbers = std::array<double, winograd::most_points>;

constexpr double dot(const double* a, const double* b, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += a[i] * b[i];
    }
    return sum;
}

constexpr Numbers inputs{3, -1, 4, 1, -5, 9, 2, -6};
constexpr Numbers values{2, 7, -1, 8, -2, 8, 1, 8};

/// Filtering by values at the points gives what sliding the filter does.
template <std::size_t N, std::size_t Taps, typename Pairs = winograd::UsualPairs>
constexpr bool filters(double error = 0) {
    using Points = winograd::Points<N, Pairs>;
    constexpr std::size_t outputs = N + 1 - Taps;
    constexpr std::array<double, 7> weight{360, -720, 1080, 360, -360, 720, 1440};
    Numbers product{};
    Numbers of_weight{};
    Points::points_of_inputs(inputs.data(), product.data());
    Points::template evaluate<Taps>(weight.data(), of_weight.data());
    for (std::size_t f = 0; f < N; ++f) {
        product[f] *= of_weight[f] * Points::scale[f];
    }
    std::array<double, outputs> result{};
    Points::template collect<outputs>(product.data(), result.data());
    for (std::size_t n = 0; n < outputs; ++n) {
        const double difference = result[n] - dot(inputs.data() + n, weight.data(), Taps);
        if (!(difference <= error && -difference <= error)) {
            return false;
        }
    }
    return true;
}
static_assert(filters<4, 2>() && filters<4, 3>());
static_assert(filters<6, 2>() && filters<6, 3>() && filters<6, 4>() && filters<6, 5>());
static_assert(filters<8, 2>() && filters<8, 3>() && filters<8, 4>() && filters<8, 5>() && filters<8, 6>() &&
              filters<8, 7>());

/// Any other pairs: quotients are rounded then, 2^-53 of numbers below 2^16, some dozen times.
struct NoPairOfOnes {
    static constexpr std::array<double, 3> values{0.75, 1.5, 2.5};
};
static_assert(filters<4, 3, NoPairOfOnes>(1e-9) && filters<6, 3, NoPairOfOnes>(1e-9) &&
              filters<6, 4, NoPairOfOnes>(1e-9) && filters<8, 3, NoPairOfOnes>(1e-9) &&
              filters<8, 5, NoPairOfOnes>(1e-9));

/// collect is the transpose of evaluate, and inputs_of_points that of points_of_inputs.
template <std::size_t N, std::size_t Count>
constexpr bool transposes() {
    using Points = winograd::Points<N>;
    Numbers evaluated{};
    Points::template evaluate<Count>(inputs.data(), evaluated.data());
    Numbers collected{};
    Points::template collect<Count>(values.data(), collected.data());
    Numbers at_points{};
    Points::points_of_inputs(inputs.data(), at_points.data());
    Numbers back{};
    Points::inputs_of_points(values.data(), back.data());
    return dot(evaluated.data(), values.data(), N) == dot(inputs.data(), collected.data(), Count) &&
           dot(at_points.data(), values.data(), N) == dot(inputs.data(), back.data(), N);
}
static_assert(transposes<4, 2>() && transposes<4, 3>());
static_assert(transposes<6, 2>() && transposes<6, 3>() && transposes<6, 4>() && transposes<6, 5>());
static_assert(transposes<8, 2>() && transposes<8, 4>() && transposes<8, 6>() && transposes<8, 7>());

/// evaluate<3> of 8 points, by hand: 3 - x + 4 x^2 at 0, infinity, 1, -1, 2, -2, 1/2 and -1/2.
static_assert([] {
    Numbers result{};
    winograd::Points<8>::evaluate<3>(inputs.data(), result.data());
    return result == Numbers{3, 4, 6, 8, 17, 21, 3.5, 4.5};
}());

/// The same numbers in lanes, where the compiler may fuse and reorder: all are multiples of 2^-8, so that nothing is
/// rounded.
template <std::size_t N, std::size_t Count>
void check_lanes() {
    using V = Lanes<float>;
    using Points = winograd::Points<N>;
    std::array<V, N> input{};
    std::array<V, N> value{};
    for (std::size_t i = 0; i < N; ++i) {
        input[i] = V::broadcast(static_cast<float>(inputs[i]));
        value[i] = V::broadcast(static_cast<float>(values[i]));
    }
    std::array<V, N> result{};
    Numbers expected{};
    const auto check_equal = [&](std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            CHECK(static_cast<double>(get_lane(result[i], lane_count<V> - 1)) == expected[i]);
        }
    };
    Points::template evaluate<Count>(input.data(), result.data());
    Points::template evaluate<Count>(inputs.data(), expected.data());
    check_equal(N);
    Points::template collect<Count>(value.data(), result.data());
    Points::template collect<Count>(values.data(), expected.data());
    check_equal(Count);
    Points::points_of_inputs(input.data(), result.data());
    Points::points_of_inputs(inputs.data(), expected.data());
    check_equal(N);
    Points::inputs_of_points(value.data(), result.data());
    Points::inputs_of_points(values.data(), expected.data());
    check_equal(N);
}

/// Fewer of the points by themselves have the scale that the ratio says.
template <std::size_t N, std::size_t Fewer>
constexpr bool ratio_holds() {
    for (std::size_t f = 0; f < Fewer; ++f) {
        const double scale = winograd::Points<N>::scale[f] * winograd::Points<N>::template scale_ratio<Fewer>[f];
        const double error = scale / winograd::Points<Fewer>::scale[f] - 1;
        if (!(error < 1e-15 && error > -1e-15)) {  // each scale is a rounded quotient
            return false;
        }
    }
    return true;
}
static_assert(ratio_holds<8, 6>() && ratio_holds<8, 4>() && ratio_holds<6, 4>() && ratio_holds<6, 6>());

// The number of points: of equal costs the most, and more than there are taps.
static_assert(winograd::cheapest_points(3, [](std::size_t) { return 1; }) == 8);
static_assert(winograd::cheapest_points(3, [](std::size_t n) { return n; }) == 4);
static_assert(winograd::cheapest_points(4, [](std::size_t n) { return n; }) == 6);
static_assert(winograd::cheapest_points(6, [](std::size_t n) { return n; }) == 8);
static_assert(winograd::outputs_of(4, 3) == 2 && winograd::outputs_of(3, 3) == 1 && winograd::outputs_of(4, 6) == 1);

}  // namespace

TEST_CASE("the transforms of minimal filtering are the same in lanes as in constant expressions") {
    check_lanes<4, 2>();
    check_lanes<4, 3>();
    check_lanes<6, 2>();
    check_lanes<6, 5>();
    check_lanes<8, 3>();
    check_lanes<8, 4>();
    check_lanes<8, 5>();
}

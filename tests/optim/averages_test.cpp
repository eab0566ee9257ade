// SPDX-License-Identifier: MIT
#include <ctcnn/optim/averages.hpp>

#include <ctcnn/optim/sgd.hpp>

#include <array>
#include <limits>
#include <stdexcept>

#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr std::array<std::size_t, 1> dims{1};
constexpr ParameterTensor tensor{"0.weight", dims, 0, 1, ParameterKind::weight};

/// The average after some steps from 0, each of which adds 1.
template <typename Average>
constexpr double average_after(const Average& average, std::uint64_t steps) {
    std::array<double, 1> p{0};
    std::array<std::array<double, 1>, 2> state{};
    for (std::uint64_t number = 1; number <= steps; ++number) {
        average.template step<double>(tensor, p, std::array<double, 1>{-1}, {state[0], state[1]}, number, {});
    }
    return state[1][0];
}
constexpr SGD sgd{.lr = 1};
static_assert(average_after(EMA(sgd, 0.5), 1) == 1 && average_after(EMA(sgd, 0.5), 2) == 1.5 &&
              average_after(EMA(sgd, 0.5), 3) == 2.25);
static_assert(average_after(SWA(sgd), 1) == 1 && average_after(SWA(sgd), 4) == 2.5);
// After steps 5, 8 and 11.
static_assert(average_after(SWA(sgd, 2, 3), 4) == 0 && average_after(SWA(sgd, 2, 3), 5) == 5 &&
              average_after(SWA(sgd, 2, 3), 10) == 6.5 && average_after(SWA(sgd, 2, 3), 11) == 8);
static_assert(SWA(sgd, 2, 3).averages(2) == 0 && SWA(sgd, 2, 3).averages(5) == 1 && SWA(sgd, 2, 3).averages(11) == 3);

/// The average of 10^17 after the second step, to a parameter.
template <typename Average>
constexpr double average_beside(const Average& average, double parameter) {
    std::array<double, 1> p{parameter};
    std::array<std::array<double, 1>, 2> state{{{0}, {1e17}}};
    average.template step<double>(tensor, p, std::array<double, 1>{0}, {state[0], state[1]}, 2, {});
    return state[1][0];
}
static_assert(average_beside(EMA(sgd, 0), 1) == 1);  // without rounding

// As get_ema_multi_avg_fn.
static_assert(EMA(sgd).decay == 0.999);

}  // namespace

TEST_CASE("parameters that are no part of an average do not touch it") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(average_beside(EMA(sgd, 1), infinity) == 1e17);
    CHECK(average_beside(SWA(sgd, 2), infinity) == 1e17);
}

TEST_CASE("averages refuse settings that make no sense") {
    constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
    for (const double wrong : {-0.1, 1.1, no_number}) {
        CHECK_THROWS_AS(EMA(SGD{}, wrong).validate(), std::invalid_argument);
    }
    CHECK_THROWS_AS(EMA(SGD{.lr = -1}).validate(), std::invalid_argument);
    CHECK_THROWS_AS(SWA(SGD{}, 0, 0).validate(), std::invalid_argument);
    CHECK_THROWS_AS(SWA(SGD{.lr = -1}).validate(), std::invalid_argument);
    CHECK_NOTHROW(EMA(SGD{}, 1).validate());
    CHECK_NOTHROW(SWA(SGD{}).validate());
}

// SPDX-License-Identifier: MIT
#include <ctcnn/core/softmax.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// e^(x - largest) is at most 1.5 units off (tests/core/math_test.cpp), and so is a sum of few of them, with a rounding
/// each.
constexpr double tolerance = 1e-15;

constexpr SoftmaxCommon<double> in_constant_expression() {
    constexpr std::array<double, 3> x{1, 3, 2};
    return softmax_common<3, 1>(x.data());
}
static_assert(in_constant_expression().largest == 3);
static_assert(in_constant_expression().sum > 1.503214 && in_constant_expression().sum < 1.503215);

}  // namespace

TEST_CASE("the softmax's largest element and sum of powers", "[core]") {
    // Of every second element: the others would be larger.
    const std::array<double, 7> x{-1, 50, 2, 60, 0.5, 70, 1};
    const SoftmaxCommon<double> common = softmax_common<4, 2>(x.data());
    CHECK(common.largest == 2);
    CHECK(common.sum == Approx(std::exp(-3.0) + 1 + std::exp(-1.5) + std::exp(-1.0)).epsilon(4 * tolerance).margin(0));
}

TEST_CASE("no power of the softmax is too large", "[core]") {
    const std::array<double, 3> large{1e300, 1e300, -1e300};
    const SoftmaxCommon<double> common = softmax_common<3, 1>(large.data());
    CHECK(common.largest == 1e300);
    // The third power is limited to the smallest one that is normal.
    CHECK(common.sum == 2);
}

TEST_CASE("NaN stays NaN in the softmax, wherever it stands", "[core]") {
    for (std::size_t place = 0; place < 3; ++place) {
        std::array<double, 3> x{1, infinity, 2};
        x[place] = std::numeric_limits<double>::quiet_NaN();
        const SoftmaxCommon<double> common = softmax_common<3, 1>(x.data());
        CHECK(std::isnan(common.largest));
        CHECK(std::isnan(common.sum));
    }
}

TEST_CASE("each lane has a softmax of its own", "[core]") {
    using V = Lanes<float>;
    std::array<V, 3> x{};
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        for (std::size_t n = 0; n < 3; ++n) {
            set_lane(x[n], lane, static_cast<float>(n == lane % 3 ? lane + 1 : 0));
        }
    }
    const SoftmaxCommon<V> common = softmax_common<3, 1>(x.data());
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        CHECK(get_lane(common.largest, lane) == static_cast<float>(lane + 1));
        // Two units in the last place of float.
        CHECK(get_lane(common.sum, lane) ==
              Approx(1 + 2 * std::exp(-static_cast<double>(lane + 1))).epsilon(2.4e-7).margin(0));
    }
}

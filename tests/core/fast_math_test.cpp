// SPDX-License-Identifier: MIT
// Compiled with -O3 -ffast-math, under which a compiler may rearrange sums as if numbers were never rounded.
#include <ctcnn/core/math.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <ctcnn/core/error_function.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/square_root.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::size_t count = 64;

/// The greatest error over -9.6 to 9.3, relative to the result where that is above 1; all numbers in one loop, which
/// compilers turn into vectors.
template <Number V, typename F, typename Truth>
[[gnu::noinline]] double error_of(const F& f, const Truth& truth) {
    using T = scalar_t<V>;
    std::array<T, count> x{};
    std::array<V, count / lane_count<V>> in{};
    std::array<V, count / lane_count<V>> out{};
    for (std::size_t i = 0; i < count; ++i) {
        x[i] = static_cast<T>(0.3 * (static_cast<double>(i) - 32));
        set_lane(in[i / lane_count<V>], i % lane_count<V>, x[i]);
    }
    for (std::size_t i = 0; i < in.size(); ++i) {
        out[i] = f(in[i]);
    }
    double worst = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double right = truth(static_cast<double>(x[i]));
        const auto found = static_cast<double>(get_lane(out[i / lane_count<V>], i % lane_count<V>));
        worst = std::max(worst, std::abs(found - right) / std::max(1.0, std::abs(right)));
    }
    return worst;
}

/// Some roundings are allowed; a rearranged exponential is wrong by a hundredth and more.
template <Number V>
void check() {
    const double allowed = sizeof(scalar_t<V>) == sizeof(float) ? 1e-6 : 1e-14;
    CHECK(error_of<V>([](V x) { return math::sigmoid(x); }, [](double x) { return 1 / (1 + std::exp(-x)); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::tanh(x); }, [](double x) { return std::tanh(x); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::exp(x); }, [](double x) { return std::exp(x); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::expm1(x); }, [](double x) { return std::expm1(x); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::erf(x); }, [](double x) { return std::erf(x); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::log1p(math::sigmoid(x)); },
                      [](double x) { return std::log1p(1 / (1 + std::exp(-x))); }) < allowed);
    CHECK(error_of<V>([](V x) { return math::log(math::exp(x)); }, [](double x) { return x; }) < allowed);
}

}  // namespace

TEST_CASE("functions are right under -ffast-math too") {
    check<float>();
    check<double>();
    check<Lanes<float>>();
    check<Lanes<double>>();
    for (const float x : {0.01f, 0.7f, 1.0f, 3.0f, 1e4f}) {
        CHECK(std::abs(math::log(x) - std::log(x)) < 1e-6f * std::max(1.0f, std::abs(std::log(x))));
    }
}

TEST_CASE("the square root of NaN and infinity ends under -ffast-math too") {
    volatile double infinite = math::detail::infinity<double>;
    volatile double undefined = math::detail::quiet_nan<double>;
    const double root_of_infinity = math::sqrt(infinite);
    CHECK((!math::is_finite(root_of_infinity) && !math::is_nan(root_of_infinity)));
    CHECK(math::is_nan(math::sqrt(undefined)));
    CHECK(math::is_nan(math::sqrt(-1.0)));
    CHECK(math::sqrt(0.0) == 0);
    CHECK(math::sqrt(6.25) == 2.5);
}

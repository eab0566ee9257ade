// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/dropout.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/kernels/activation.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// Random bits that are known: those of element i of lane n are i * 2^29 + n * 2^25.
template <typename V>
struct KnownDraws {
    template <typename F>
    constexpr void block(std::size_t block, const F& f) const {
        for (std::size_t n = 0; n < 4; ++n) {
            std::array<std::uint32_t, lane_count<V>> bits{};
            for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
                bits[lane] = static_cast<std::uint32_t>(((4 * block + n) << 29) + (lane << 25));
            }
            f(n, bits);
        }
    }
};

template <typename V>
void check_factors() {
    using T = scalar_t<V>;
    std::array<V, 7> factors{};
    kernels::dropout_factors<6>(0.25, KnownDraws<V>{}, factors.data());
    for (std::size_t i = 0; i < 7; ++i) {
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            // A quarter of 2^32 is 2 * 2^29. Behind the last one, nothing is written.
            const T expected = i == 6 || i < 2 ? T(0) : T(1 / 0.75);
            CHECK(get_lane(factors[i], lane) == expected);
        }
    }
    for (const double p : {0.0, 1.0}) {
        kernels::dropout_factors<6>(p, KnownDraws<V>{}, factors.data());
        for (std::size_t i = 0; i < 6; ++i) {
            CHECK(get_lane(factors[i], 0) == T(1 - p));
        }
    }
}

}  // namespace

TEST_CASE("factors are 0 below the probability, and 1 / (1 - p) from there on") {
    check_factors<float>();
    check_factors<double>();
    check_factors<Lanes<float>>();
}

TEST_CASE("elements, or those of a channel together, times their factors, forward and backward") {
    using In = Layout<2, 1, 2, 0, 1>;
    using Out = Layout<2, 1, 2>;
    const std::array<float, 8> x{0, 1, -2, 0, 0, 3, 4, 0};
    const std::array<float, 4> of_elements{2, 2, 0, 2};
    const std::array<float, 2> of_channels{0, 2};
    std::array<float, 4> y{};
    kernels::dropout_forward<1, Stage<In, Out, kernels::ReLU, float>>(x.data(), of_elements.data(), y.data());
    CHECK(y == std::array<float, 4>{2, 0, 0, 8});
    kernels::dropout_forward<2, Stage<In, Out, NoFunction, float>>(x.data(), of_channels.data(), y.data());
    CHECK(y == std::array<float, 4>{0, 0, 6, 8});

    const std::array<float, 4> gradient{1, 10, 100, 1000};
    std::array<float, 8> g = x;
    kernels::dropout_backward<1, Stage<In, Out, kernels::ReLU, float>>(g.data(), of_elements.data(), gradient.data());
    CHECK(g == std::array<float, 8>{0, 2, 0, 0, 0, 0, 2000, 0});
    g = x;
    kernels::dropout_backward<2, Stage<In, Out, NoFunction, float>>(g.data(), of_channels.data(), gradient.data());
    CHECK(g == std::array<float, 8>{0, 0, 0, 0, 0, 200, 2000, 0});
}

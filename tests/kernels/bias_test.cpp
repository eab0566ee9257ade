// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/bias.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

constexpr std::array<float, 2> bias{0.5f, -3};
static_assert(kernels::with_bias<const float*>(2.0f, kernels::bias_of<float>(bias.data(), 1)) == -1);
static_assert(kernels::with_bias<std::nullptr_t>(2.0f, kernels::bias_of<float>(nullptr, 1)) == 2);

}  // namespace

TEST_CASE("every lane gets the bias of its output", "[kernels]") {
    using V = Lanes<float>;
    V sum{};
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        set_lane(sum, lane, static_cast<float>(lane));
    }
    const V with = kernels::with_bias<const float*>(sum, kernels::bias_of<V>(bias.data(), 1));
    const V without = kernels::with_bias<std::nullptr_t>(sum, kernels::bias_of<V>(nullptr, 1));
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        CHECK(get_lane(with, lane) == static_cast<float>(lane) - 3);
        CHECK(get_lane(without, lane) == static_cast<float>(lane));
    }
}

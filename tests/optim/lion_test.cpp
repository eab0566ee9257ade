// SPDX-License-Identifier: MIT
#include <ctcnn/optim/lion.hpp>

#include <array>
#include <cmath>
#include <limits>

#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

// The defaults are lion_pytorch's.
static_assert(Lion{}.lr == 1e-4f && Lion{}.betas == std::array{0.9, 0.99} && Lion{}.weight_decay == 0);

namespace {

constexpr std::array<float, 3> after_one_step() {
    std::array<float, 3> p{2, 2, 2};
    std::array<float, 3> m{};
    Lion{.lr = 0.5f, .weight_decay = 0.25f}.step<float>(p, std::array<float, 3>{4, -0.125f, 0}, {m});
    return p;
}
static_assert(after_one_step() == std::array<float, 3>{1.25f, 2.25f, 1.75f});

}  // namespace

TEST_CASE("Lion goes where lion_pytorch goes") {
    against_pytorch::check("lion", Lion{.lr = 0.01f, .weight_decay = 0.1f});
}

TEST_CASE("a gradient that is NaN makes a parameter NaN") {
    std::array<float, 40> p{};
    std::array<float, 40> m{};
    std::array<float, 40> g{};
    g[1] = against_pytorch::nan;
    g[39] = against_pytorch::nan;
    Lion{}.step<float>(p, g, {m});
    for (std::size_t i = 0; i < p.size(); ++i) {
        CHECK(std::isnan(p[i]) == (i == 1 || i == 39));
    }
}

TEST_CASE("Lion with betas of 0 remembers the last gradient alone") {
    CHECK(against_pytorch::large_then_small(Lion{.lr = 0.5f, .betas = {0, 0}}) ==
          std::pair(-1.0f, std::array{0x1p-10f}));
}

TEST_CASE("Lion refuses settings that make no sense") {
    using against_pytorch::nan;
    constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
    for (const Lion& wrong : {Lion{.lr = -1}, Lion{.lr = nan}, Lion{.betas = {1, 0}}, Lion{.betas = {0, -0.1}},
                              Lion{.betas = {no_number, 0}}, Lion{.weight_decay = -1}, Lion{.weight_decay = nan}}) {
        CHECK(is_refused(wrong));
    }
    CHECK_FALSE(is_refused(Lion{.lr = 0, .betas = {0, 0}}));
}

// SPDX-License-Identifier: MIT
#include <ctcnn/optim/adamw.hpp>

#include <ctcnn/optim/adam.hpp>

#include <array>
#include <limits>
#include <utility>

#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

// The defaults are PyTorch's.
static_assert(AdamW{}.lr == 1e-3f && AdamW{}.betas == std::array{0.9, 0.999} && AdamW{}.eps == 1e-8f &&
              AdamW{}.weight_decay == 1e-2f);

namespace {

constexpr float after_one_step() {
    std::array<float, 1> p{2};
    std::array<float, 1> m{};
    std::array<float, 1> v{};
    AdamW{.lr = 0.5f, .eps = 0, .weight_decay = 0.25f}.step<float>(p, std::array<float, 1>{4}, {m, v}, 1);
    return p[0];
}
// The parameter loses an eighth of itself, and then lr, whatever the gradient is.
static_assert(after_one_step() == 2 - 0.25f - 0.5f);

}  // namespace

TEST_CASE("AdamW and Adam go where PyTorch goes") {
    against_pytorch::check("adamw", AdamW{.lr = 0.01f, .weight_decay = 0.1f});
    against_pytorch::check("adamw_default", AdamW{});
    against_pytorch::check("adam", Adam{.lr = 0.01f, .weight_decay = 0.01f});
}

TEST_CASE("AdamW with betas of 0 remembers the last gradient alone") {
    // The gradient divided by its own magnitude: a step of lr each.
    CHECK(against_pytorch::large_then_small(AdamW{.lr = 0.5f, .betas = {0, 0}, .eps = 0, .weight_decay = 0}) ==
          std::pair(-1.0f, std::array{0x1p-10f, 0x1p-20f}));
}

TEST_CASE("AdamW refuses settings that make no sense") {
    using against_pytorch::infinity;
    using against_pytorch::nan;
    constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
    for (const AdamW& wrong : {AdamW{.lr = -1}, AdamW{.lr = nan}, AdamW{.lr = infinity}, AdamW{.betas = {1, 0}},
                               AdamW{.betas = {0, -1}}, AdamW{.betas = {0, no_number}}, AdamW{.eps = -1},
                               AdamW{.eps = nan}, AdamW{.weight_decay = -1}, AdamW{.weight_decay = nan}}) {
        CHECK(is_refused(wrong));
    }
    CHECK_FALSE(is_refused(AdamW{.lr = 0, .betas = {0, 0}, .eps = 0, .weight_decay = 0}));
}

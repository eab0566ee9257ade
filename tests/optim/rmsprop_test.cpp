// SPDX-License-Identifier: MIT
#include <ctcnn/optim/rmsprop.hpp>

#include <array>
#include <limits>

#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

// The defaults are PyTorch's.
static_assert(RMSprop{}.lr == 1e-2f && RMSprop{}.alpha == 0.99 && RMSprop{}.eps == 1e-8f &&
              RMSprop{}.weight_decay == 0 && RMSprop{}.momentum == 0 && !RMSprop{}.centered);

namespace {

constexpr float after_one_step() {
    std::array<float, 1> p{2};
    std::array<std::array<float, 1>, 3> state{};
    RMSprop{.lr = 0.5f, .alpha = 0.75, .eps = 0}.step<float>(p, std::array<float, 1>{4},
                                                             {state[0], state[1], state[2]});
    return p[0];
}
// The mean of the squares is a quarter of 16, and its root half of the gradient.
static_assert(after_one_step() == 2 - 0.5f * 2);

}  // namespace

TEST_CASE("RMSprop goes where PyTorch goes") {
    against_pytorch::check("rmsprop", RMSprop{});
    against_pytorch::check("rmsprop_momentum",
                           RMSprop{.lr = 0.01f, .alpha = 0.9, .eps = 1e-3f, .weight_decay = 0.01f, .momentum = 0.9f});
    // A difference of squares that are almost equal, of which a root is taken: digits are lost where a variance is small.
    against_pytorch::check("rmsprop_centered",
                           RMSprop{.lr = 0.01f, .alpha = 0.9, .eps = 1e-3f, .momentum = 0.5f, .centered = true},
                           {1e-4, 1e-4});
}

TEST_CASE("the variance of a gradient that does not change is 0, not NaN") {
    std::array<float, 3> p{1, 1, 1};
    std::array<std::array<float, 3>, 3> state{};
    const std::array<float, 3> gradient{0.1f, 0.7f, 1.1f};
    for (int n = 0; n < 3000; ++n) {
        RMSprop{.lr = 1e-6f, .alpha = 0.5, .eps = 1, .centered = true}.step<float>(p, gradient,
                                                                                   {state[0], state[1], state[2]});
    }
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(p[i] == Approx(1 - 3e-3f * gradient[i]).epsilon(1e-3));
    }
}

TEST_CASE("RMSprop with an alpha of 0 remembers the last gradient alone") {
    // The gradient divided by its own magnitude: a step of lr each.
    CHECK(against_pytorch::large_then_small(RMSprop{.lr = 0.5f, .alpha = 0, .eps = 0}) ==
          std::pair(-1.0f, std::array{0x1p-20f, 1.0f, 0.0f}));
    CHECK(against_pytorch::large_then_small(RMSprop{.alpha = 0, .eps = 1, .centered = true}).second ==
          std::array{0x1p-20f, 0x1p-10f, 0x1p-10f});
}

TEST_CASE("RMSprop refuses settings that make no sense") {
    using against_pytorch::infinity;
    using against_pytorch::nan;
    constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
    for (const RMSprop& wrong :
         {RMSprop{.lr = -1}, RMSprop{.lr = nan}, RMSprop{.alpha = -0.1}, RMSprop{.alpha = 1},
          RMSprop{.alpha = no_number}, RMSprop{.eps = -1}, RMSprop{.eps = infinity}, RMSprop{.weight_decay = -1},
          RMSprop{.weight_decay = nan}, RMSprop{.momentum = -1}, RMSprop{.momentum = nan}}) {
        CHECK(is_refused(wrong));
    }
    CHECK_FALSE(is_refused(RMSprop{.lr = 0, .alpha = 0, .eps = 0}));
}

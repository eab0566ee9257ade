// SPDX-License-Identifier: MIT
#include <ctcnn/loss/nll.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "golden_losses.hpp"

using namespace ctcnn;

namespace {

constexpr double loss_of(std::array<double, 3> outputs, int label, const NLLLoss& criterion = {}) {
    std::array<double, 3> gradient{};
    return criterion.evaluate<3, double>(outputs.data(), std::array<const int*, 1>{&label}, 1.0, gradient.data());
}

}  // namespace

// In constant expressions.
static_assert(loss_of({-1, -2, -3}, 1) == 2);
static_assert(loss_of({-1, -2, -3}, 2, {.weight = {1, 1, 0.5f}}) == 1.5);
static_assert(loss_of({-1, -2, -3}, -100) == 0);
static_assert(loss_of({-1, -2, -3}, 1, {.ignore_index = 1}) == 0);

TEST_CASE("the negative log-likelihood is PyTorch's, with weights and without, and with images to ignore") {
    golden_losses::check(NLLLoss{}, "labels", "nll");
    golden_losses::check(NLLLoss{.weight = golden_losses::weights()}, "labels", "nll_weighted");
    golden_losses::check_differences(NLLLoss{.weight = {1, 2, 3, 4}}, 2, {-1, -2, -3, -4});
}

TEST_CASE("weights that are negative, or not one for each class, are refused") {
    CHECK_THROWS_AS((NLLLoss{.weight = {1, -1}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((NLLLoss{.weight = {1, 1}}.validate<3>()), std::invalid_argument);
    CHECK_THROWS_AS((NLLLoss{.weight = {1, 1, -1}}.validate<3>()), std::invalid_argument);
    CHECK_NOTHROW(NLLLoss{.weight = {1, 0, 1}}.validate<3>());
    CHECK_NOTHROW(NLLLoss{}.validate<3>());
}

// SPDX-License-Identifier: MIT
#include <ctcnn/optim/sgd.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "against_pytorch.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

/// A parameter and its velocity after two steps with the gradients 1 and 3, from the parameter 2.
constexpr std::array<double, 2> after_two_steps(SGD sgd) {
    std::array<double, 1> parameter{2};
    std::array<double, 1> velocity{0};
    for (const double gradient : {1.0, 3.0}) {
        const std::array<double, 1> gradients{gradient};
        sgd.step(std::span<double>(parameter), std::span<const double>(gradients), {std::span<double>(velocity)});
    }
    return {parameter[0], velocity[0]};
}

constexpr std::array<double, 2> pair(double parameter, double velocity) { return {parameter, velocity}; }

}  // namespace

// Worked by hand; all numbers are sums of powers of two, so that no rounding hides an error.
// Plain: 2 - 0.5*1 - 0.5*3.
static_assert(after_two_steps({.lr = 0.5f}) == pair(0, 0));
// Weight decay 0.5: g = 1 + 1 = 2, p = 1; g = 3 + 0.5 = 3.5, p = -0.75.
static_assert(after_two_steps({.lr = 0.5f, .weight_decay = 0.5f}) == pair(-0.75, 0));
// Momentum 0.5: v = 1, p = 1.5; v = 3.5, p = -0.25.
static_assert(after_two_steps({.lr = 0.5f, .momentum = 0.5f}) == pair(-0.25, 3.5));
// Nesterov: v = 1, p = 2 - 0.5*(1 + 0.5) = 1.25; v = 3.5, p = 1.25 - 0.5*(3 + 1.75) = -1.125.
static_assert(after_two_steps({.lr = 0.5f, .momentum = 0.5f, .nesterov = true}) == pair(-1.125, 3.5));
// All: g = 2, v = 2, p = 2 - 0.5*(2 + 1) = 0.5; g = 3.25, v = 4.25, p = 0.5 - 0.5*(3.25 + 2.125) = -2.1875.
static_assert(after_two_steps({.lr = 0.5f, .momentum = 0.5f, .weight_decay = 0.5f, .nesterov = true}) ==
              pair(-2.1875, 4.25));

// The defaults are PyTorch's.
static_assert(SGD{}.lr == 1e-3f && SGD{}.momentum == 0 && SGD{}.weight_decay == 0 && !SGD{}.nesterov);
static_assert(SGD::state_count == 1);

TEST_CASE("a step without momentum needs no state") {
    std::array<float, 3> parameters{1, 2, 3};
    const std::array<float, 3> gradients{4, 0, -8};
    SGD{.lr = 0.25f}.step(parameters, gradients);
    CHECK(parameters == std::array<float, 3>{0, 2, 5});
    SGD{.lr = 0.25f, .weight_decay = 1}.step(parameters, std::array<float, 3>{0, 0, 4});
    CHECK(parameters == std::array<float, 3>{0, 1.5f, 2.75f});
}

TEST_CASE("a step on whole arrays takes the velocity beside them, and asks for it") {
    const SGD sgd{.lr = 0.5f, .momentum = 0.5f};
    std::array<float, 2> parameters{1, 2};
    std::array<float, 2> velocity{2, 0};
    // v = 0.5*2 + 1 = 2, p = 1 - 0.5*2 = 0; v = 0.5*0 - 4 = -4, p = 2 + 0.5*4 = 4.
    sgd.step(parameters, std::array<float, 2>{1, -4}, velocity);
    CHECK(parameters == std::array<float, 2>{0, 4});
    CHECK(velocity == std::array<float, 2>{2, -4});
    CHECK_THROWS_AS(sgd.step(parameters, std::array<float, 2>{1, -4}), std::invalid_argument);
    CHECK(parameters == std::array<float, 2>{0, 4});
}

TEST_CASE("SGD refuses settings that make no sense, and arrays of other lengths") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const SGD& wrong : {SGD{.lr = -0.1f}, SGD{.lr = nan}, SGD{.lr = std::numeric_limits<float>::infinity()},
                             SGD{.momentum = -1}, SGD{.weight_decay = nan}, SGD{.nesterov = true}}) {
        CHECK_THROWS_AS(wrong.validate(), std::invalid_argument);
    }
    CHECK_NOTHROW(SGD{.lr = 0, .momentum = 2}.validate());

    std::vector<float> parameters{1, 2};
    std::vector<float> two(2);
    std::vector<float> three(3);
    const SGD sgd{.lr = 0.5f, .momentum = 0.5f};
    CHECK_THROWS_AS(sgd.step(parameters, two, three), std::invalid_argument);
    CHECK_THROWS_AS(sgd.step(parameters, three, two), std::invalid_argument);
    CHECK_THROWS_AS(SGD{}.step(parameters, three), std::invalid_argument);
    CHECK_THROWS_AS(SGD{.lr = -1}.step(parameters, two), std::invalid_argument);
    CHECK_THROWS_AS((SGD{.lr = -1, .momentum = 0.5f}.step(parameters, two, two)), std::invalid_argument);
    CHECK_THROWS_AS(SGD{.lr = nan}.step(parameters, two), std::invalid_argument);
    CHECK(parameters == std::vector<float>{1, 2});
}

TEST_CASE("it does not matter how the parameters are cut into parts") {
    constexpr std::size_t count = 103;
    Draw draw(1);
    const auto start = draw.reals(count, -1.0f, 1.0f);
    for (const bool nesterov : {false, true}) {
        for (const float momentum : {0.0f, 0.9f}) {
            const SGD sgd{.lr = 0.1f, .momentum = momentum, .weight_decay = 0.01f, .nesterov = nesterov};
            std::vector<float> whole = start;
            std::vector<float> parts = start;
            std::vector<float> whole_state(count);
            std::vector<float> parts_state(count);
            for (int step = 0; step < 3; ++step) {
                const auto gradients = draw.reals(count, -1.0f, 1.0f);
                sgd.step(std::span(whole), std::span(gradients), {std::span(whole_state)});
                for (std::size_t first = 0; first < count; first += 10) {
                    const std::size_t size = std::min<std::size_t>(10, count - first);
                    sgd.step(std::span(parts).subspan(first, size), std::span(gradients).subspan(first, size),
                             {std::span(parts_state).subspan(first, size)});
                }
            }
            CHECK(whole == parts);
            CHECK(whole_state == parts_state);
            CHECK(whole != start);
        }
    }
}

TEST_CASE("SGD goes where PyTorch goes, with dampening from the second step on") {
    against_pytorch::check("sgd", SGD{.lr = 0.05f});
    against_pytorch::check("sgd_dampening",
                           SGD{.lr = 0.05f, .momentum = 0.9f, .dampening = 0.25f, .weight_decay = 0.01f});
    against_pytorch::check("sgd_nesterov", SGD{.lr = 0.05f, .momentum = 0.9f, .weight_decay = 0.01f, .nesterov = true});

    std::vector<float> parameters{1};
    std::vector<float> velocity{0};
    const std::vector<float> gradient{1};
    const SGD sgd{.lr = 1, .momentum = 0.5f, .dampening = 0.5f};
    sgd.step(parameters, gradient, velocity, 1);
    CHECK((velocity[0] == 1 && parameters[0] == 0));
    sgd.step(parameters, gradient, velocity, 2);
    CHECK((velocity[0] == 1 && parameters[0] == -1));
    CHECK_THROWS_AS((SGD{.momentum = 0.5f, .dampening = 0.5f, .nesterov = true}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SGD{.dampening = against_pytorch::nan}.validate()), std::invalid_argument);
}

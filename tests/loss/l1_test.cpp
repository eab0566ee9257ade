// SPDX-License-Identifier: MIT
#include <ctcnn/loss/l1.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "golden_losses.hpp"

using namespace ctcnn;

namespace {

using Target = Tensor<double, Shape<2>>;

/// The loss and the gradient of two outputs.
template <typename Loss>
constexpr std::array<double, 3> of(std::array<double, 2> outputs, Target target, const Loss& loss) {
    std::array<double, 2> gradient{};
    const double value =
        loss.template evaluate<2, double>(outputs.data(), std::array<const Target*, 1>{&target}, 1.0, gradient.data());
    return {value, gradient[0], gradient[1]};
}

}  // namespace

// In constant expressions: distances of 3 and 1/2, and of 0.
static_assert(of({1, 2}, {4, 1.5}, L1Loss{}) == std::array{1.75, -0.5, 0.5});
static_assert(of({1, 2}, {1, 2}, L1Loss{}) == std::array{0.0, 0.0, 0.0});
static_assert(of({1, 2}, {4, 1.5}, SmoothL1Loss{}) == std::array{(2.5 + 0.125) / 2, -0.5, 0.25});
static_assert(of({1, 2}, {4, 1.5}, SmoothL1Loss{.beta = 2}) == std::array{(2 + 0.0625) / 2, -0.5, 0.125});
static_assert(of({1, 2}, {4, 2}, SmoothL1Loss{.beta = 0}) == std::array{1.5, -0.5, 0.0});
static_assert(of({1, 2}, {4, 1.5}, HuberLoss{.delta = 2}) == std::array{(4 + 0.125) / 2, -1.0, 0.25});

TEST_CASE("the losses of absolute differences are PyTorch's") {
    golden_losses::check(L1Loss{}, "targets", "l1");
    golden_losses::check(SmoothL1Loss{}, "targets", "smooth_l1");
    golden_losses::check(SmoothL1Loss{.beta = 0.75f}, "targets", "smooth_l1_0.75");
    golden_losses::check(SmoothL1Loss{.beta = 0}, "targets", "smooth_l1_0");
    golden_losses::check(HuberLoss{}, "targets", "huber");
    golden_losses::check(HuberLoss{.delta = 0.75f}, "targets", "huber_0.75");
    const Tensor<double, Shape<4>> target{0, 1, -1, 0.5};
    golden_losses::check_differences(L1Loss{}, target, {-1, 2, -3, 0.75});
    golden_losses::check_differences(SmoothL1Loss{.beta = 0.5f}, target, {-1, 1.25, -3, 0.75});
    golden_losses::check_differences(HuberLoss{.delta = 0.5f}, target, {-1, 1.25, -3, 0.625});
}

TEST_CASE("a beta whose inverse is infinite is as one of 0") {
    using Three = Tensor<float, Shape<3>>;
    const std::array<float, 3> outputs{1, 2, 3};
    const Three target{1, 4, 2};
    for (const float beta : {0.f, 1e-39f, 1e-45f}) {
        std::array<float, 3> gradient{};
        const float loss = SmoothL1Loss{.beta = beta}.evaluate<3, float>(
            outputs.data(), std::array<const Three*, 1>{&target}, 3.f, gradient.data());
        CHECK(loss == 1);
        CHECK(gradient == std::array<float, 3>{0, -1, 1});
    }
}

TEST_CASE("an output of NaN makes loss and gradient NaN") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto check = [&](const auto& loss) {
        const auto result = of({nan, 2}, {1, 1}, loss);
        CHECK(std::isnan(result[0]));
        CHECK(std::isnan(result[1]));
        CHECK_FALSE(std::isnan(result[2]));
    };
    check(L1Loss{});
    check(SmoothL1Loss{});
    check(HuberLoss{});
}

TEST_CASE("a distance that is none is refused") {
    for (const float distance :
         {-1.f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        CHECK_THROWS_AS(SmoothL1Loss{.beta = distance}.validate(), std::invalid_argument);
        CHECK_THROWS_AS(HuberLoss{.delta = distance}.validate(), std::invalid_argument);
    }
    CHECK_NOTHROW(SmoothL1Loss{.beta = 0}.validate());
    CHECK_NOTHROW(HuberLoss{.delta = 0.5f}.validate());
    CHECK_THROWS_AS(HuberLoss{.delta = 0}.validate(), std::invalid_argument);
}

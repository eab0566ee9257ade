// SPDX-License-Identifier: MIT
#include <ctcnn/loss/bce_with_logits.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "golden_losses.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename Target>
constexpr double loss_of(double logit, Target target, const BCEWithLogitsLoss& criterion = {}) {
    double gradient = 0;
    return criterion.evaluate<1, double>(&logit, std::array<const Target*, 1>{&target}, 1.0, &gradient);
}
constexpr bool near(double a, double b) { return a - b < 1e-14 && b - a < 1e-14; }

}  // namespace

// In constant expressions: log 2; a certain answer that is right, and one that is wrong; and a label of one output.
static_assert(near(loss_of(0, Tensor<double, Shape<1>>{1}), 0.69314718055994531));
static_assert(near(loss_of(0, Tensor<double, Shape<1>>{1}, {.pos_weight = {3}}), 3 * 0.69314718055994531));
static_assert(near(loss_of(0, Tensor<double, Shape<1>>{0}, {.pos_weight = {3}}), 0.69314718055994531));
static_assert(loss_of(1e4, std::uint8_t{1}) < 1e-300 && loss_of(1e4, std::uint8_t{0}) == 1e4);
static_assert(loss_of(-1e4, std::uint8_t{0}) < 1e-300 && loss_of(-1e4, std::uint8_t{1}) == 1e4);

TEST_CASE("the binary cross entropy is PyTorch's, also for logits of +-1e4, with pos_weight and without") {
    golden_losses::check(BCEWithLogitsLoss{}, "probabilities", "bce");
    golden_losses::check(BCEWithLogitsLoss{.pos_weight = golden_losses::weights()}, "probabilities", "bce_weighted");
    golden_losses::check_differences(BCEWithLogitsLoss{.pos_weight = {1, 2, 3, 0}},
                                     Tensor<double, Shape<4>>{0, 1, 0.25, 0.5}, {-1, 2, 0, 3});
}

TEST_CASE("a gradient that is small is not lost") {
    // The derivative of log(1 + e^-12) is -e^-12/(1 + e^-12), which 1 - sigmoid(12) has to three digits only.
    const float logit = 12;
    float gradient = 0;
    const std::uint8_t label = 1;
    BCEWithLogitsLoss{}.evaluate<1, float>(&logit, std::array<const std::uint8_t*, 1>{&label}, 1.f, &gradient);
    // A few units of 2^-24: the exponential, a sum, a quotient.
    CHECK(std::abs(static_cast<double>(gradient) / -6.1441746e-06 - 1) < 8 * 0x1p-24);
}

TEST_CASE("a logit of NaN makes loss and gradient NaN") {
    const float logit = std::numeric_limits<float>::quiet_NaN();
    float gradient = 0;
    const std::uint8_t label = 0;
    CHECK(std::isnan(
        BCEWithLogitsLoss{}.evaluate<1, float>(&logit, std::array<const std::uint8_t*, 1>{&label}, 1.f, &gradient)));
    CHECK(std::isnan(gradient));
}

TEST_CASE("weights that are negative, or not one for each output, are refused") {
    CHECK_THROWS_AS((BCEWithLogitsLoss{.pos_weight = {-1}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((BCEWithLogitsLoss{.pos_weight = {1, 1}}.validate<1>()), std::invalid_argument);
    CHECK_THROWS_AS((BCEWithLogitsLoss{.pos_weight = {-1}}.validate<1>()), std::invalid_argument);
    CHECK(BCEWithLogitsLoss::label_count(1) == 2);
    CHECK_NOTHROW(BCEWithLogitsLoss{.pos_weight = {5}}.validate<1>());
}

// SPDX-License-Identifier: MIT
#include <ctcnn/loss/cross_entropy.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../golden/golden.hpp"
#include "draw.hpp"
#include "golden_losses.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

constexpr std::size_t classes = 10;

/// The losses and gradients of all images of the golden file, with the images in the lanes of V.
template <Number V>
void check(const CrossEntropyLoss& criterion, const std::string& expected, golden::Tolerance tolerance) {
    using T = scalar_t<V>;
    const golden::File file("losses");
    std::vector<std::uint8_t> labels;
    for (const double label : file["labels"]) {
        labels.push_back(static_cast<std::uint8_t>(label));
    }
    std::vector<double> losses;
    std::vector<double> gradients;
    for (std::size_t first = 0; first < labels.size(); first += lane_count<V>) {
        std::array<V, classes> logits{};
        std::array<V, classes> gradient{};
        std::array<const std::uint8_t*, lane_count<V>> targets{};
        V scale{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const std::size_t image = std::min(first + lane, labels.size() - 1);
            targets[lane] = &labels[image];
            set_lane(scale, lane, lane % 2 == 0 ? T(1) : T(2));
            for (std::size_t k = 0; k < classes; ++k) {
                set_lane(logits[k], lane, static_cast<T>(file["logits"][image * classes + k]));
            }
        }
        const V loss = criterion.evaluate<classes>(logits.data(), targets, scale, gradient.data());
        for (std::size_t lane = 0; lane < std::min(lane_count<V>, labels.size() - first); ++lane) {
            losses.push_back(static_cast<double>(get_lane(loss, lane)));
            for (std::size_t k = 0; k < classes; ++k) {
                gradients.push_back(static_cast<double>(get_lane(gradient[k], lane) / get_lane(scale, lane)));
            }
        }
    }
    const std::string lanes = std::to_string(lane_count<V>) + " lanes of " + std::to_string(sizeof(T)) + " bytes";
    golden::check_close("losses, " + lanes, losses, file[expected], tolerance);
    golden::check_close("gradients, " + lanes, gradients, file[expected + "_gradients"], tolerance);
}

constexpr double loss_of(std::array<double, 3> logits, std::uint8_t label, const CrossEntropyLoss& criterion = {}) {
    std::array<double, 3> gradient{};
    return criterion.evaluate<3, double>(logits.data(), {&label}, 1.0, gradient.data());
}
constexpr bool near(double a, double b) { return a - b < 1e-14 && b - a < 1e-14; }

}  // namespace

// In constant expressions: log 3; log(1 + 2e^-1); a right and a wrong answer of great certainty.
static_assert(near(loss_of({0, 0, 0}, 1), 1.0986122886681098));
static_assert(near(loss_of({7, 8, 7}, 1), 0.55144471393205266));
static_assert(loss_of({-1e4, 1e4, 0}, 1) == 0);
static_assert(loss_of({-1e4, 1e4, 0}, 0) == 2e4);
static_assert(loss_of({1e4, 0, -1e4}, 0) == 0 && loss_of({1e4, 0, -1e4}, 1) == 1e4);
static_assert(loss_of({0, -1e4, 1e4}, 2) == 0 && loss_of({0, -1e4, 1e4}, 1) == 2e4);
// A quarter of the target spread over the classes: it changes nothing where all are alike, and the certain answer costs
// a quarter of the mean of 2e4, 0 and 1e4.
static_assert(near(loss_of({0, 0, 0}, 1, {.label_smoothing = 0.25f}), 1.0986122886681098));
static_assert(loss_of({-1e4, 1e4, 0}, 1, {.label_smoothing = 0.25f}) == 2500);

// A weight multiplies, and the label to ignore costs nothing; two halves of a target.
static_assert(near(loss_of({0, 0, 0}, 1, {.weight = {1, 2, 3}}), 2 * 1.0986122886681098));
static_assert(loss_of({0, 0, 0}, 255, {.ignore_index = 255}) == 0);

TEST_CASE("a class that is impossible costs nothing where another one is right") {
    CHECK(loss_of({-std::numeric_limits<double>::infinity(), 1, 1}, 1) == Approx(std::log(2.0)));
}

TEST_CASE("the cross entropy is PyTorch's, also for logits of +-1e4, with smoothed labels and without") {
    // The smoothing is a number that float holds exactly.
    for (const auto& [criterion, expected] : {std::pair(CrossEntropyLoss{}, "cross_entropy"),
                                              std::pair(CrossEntropyLoss{.label_smoothing = 0.125f}, "smoothed")}) {
        CAPTURE(expected);
        check<float>(criterion, expected, golden::float_tolerance);
        check<Lanes<float>>(criterion, expected, golden::float_tolerance);
        // A few roundings of double.
        check<double>(criterion, expected, {1e-14, 1e-14});
        check<Lanes<double>>(criterion, expected, {1e-14, 1e-14});
    }
}

TEST_CASE("a label smoothing that is not a part of the target is refused") {
    for (const float smoothing : {-0.1f, 1.1f, std::nanf("")}) {
        CHECK_THROWS_AS(CrossEntropyLoss{.label_smoothing = smoothing}.validate(), std::invalid_argument);
    }
    CHECK_NOTHROW(CrossEntropyLoss{.label_smoothing = 1}.validate());
}

TEST_CASE("weights of classes, images to ignore and probabilities as targets are PyTorch's") {
    const Weights weights = golden_losses::weights();
    golden_losses::check(CrossEntropyLoss{.weight = weights}, "labels", "weighted");
    golden_losses::check(CrossEntropyLoss{.weight = weights, .label_smoothing = 0.125f}, "labels", "weighted_smoothed");
    golden_losses::check(CrossEntropyLoss{.label_smoothing = 0.125f}, "labels", "ignored_smoothed");
    golden_losses::check(CrossEntropyLoss{}, "probabilities", "distribution");
    golden_losses::check(CrossEntropyLoss{.weight = weights, .label_smoothing = 0.125f}, "probabilities",
                         "distribution_weighted");
    const CrossEntropyLoss loss{.weight = {1, 2, 3, 4}, .label_smoothing = 0.25f};
    golden_losses::check_differences(loss, 2, {-1, 2, 0, 1});
    golden_losses::check_differences(loss, Tensor<double, Shape<4>>{0.5, 0.25, 0, 0.25}, {-1, 2, 0, 1});
}

TEST_CASE("weights that are negative, or not one for each class, are refused") {
    CHECK_THROWS_AS((CrossEntropyLoss{.weight = {1, -1}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((CrossEntropyLoss{.weight = {1, std::nanf("")}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((CrossEntropyLoss{.weight = {1, 1}}.validate<3>()), std::invalid_argument);
    CHECK_THROWS_AS((CrossEntropyLoss{.weight = {1, 1, -1}}.validate<3>()), std::invalid_argument);
    CHECK_THROWS_AS((CrossEntropyLoss{.label_smoothing = 2}.validate<3>()), std::invalid_argument);
    CHECK_NOTHROW(CrossEntropyLoss{.weight = {1, 0, 1}}.validate<3>());
}

TEST_CASE("a logit of NaN or infinity makes the loss of its lane NaN, and of no other") {
    using V = Lanes<float>;
    std::array<V, 3> logits{};
    set_lane(logits[2], 0, std::nanf(""));
    set_lane(logits[1], lane_count<V> - 1, HUGE_VALF);
    std::array<V, 3> gradient{};
    const std::uint8_t label = 0;
    std::array<const std::uint8_t*, lane_count<V>> labels;
    labels.fill(&label);
    const V loss = CrossEntropyLoss{}.evaluate<3>(logits.data(), labels, broadcast<V>(1), gradient.data());
    CHECK_FALSE(std::isfinite(get_lane(loss, 0)));
    CHECK_FALSE(std::isfinite(get_lane(loss, lane_count<V> - 1)));
    for (std::size_t lane = 1; lane + 1 < lane_count<V>; ++lane) {
        CHECK(get_lane(loss, lane) == Approx(std::log(3.0)).epsilon(1e-6));
        CHECK(get_lane(gradient[0], lane) == Approx(-2.0 / 3).epsilon(1e-6));
    }
}

TEST_CASE("an image to ignore has no loss, whatever its logits, with smoothed labels too") {
    // As in PyTorch, where a mask has set a logit to -infinity.
    const std::array<float, 3> logits{1, 2, -HUGE_VALF};
    const int label = -100;
    for (const float smoothing : {0.f, 0.25f}) {
        std::array<float, 3> gradient{7, 7, 7};
        const float loss = CrossEntropyLoss{.label_smoothing = smoothing}.evaluate<3, float>(
            logits.data(), std::array<const int*, 1>{&label}, 1.f, gradient.data());
        CHECK(loss == 0);
        CHECK(gradient == std::array<float, 3>{0, 0, 0});
    }
}

TEST_CASE("the cross entropy of very many classes is right to a few units in the last place") {
    constexpr std::size_t many = 100'000;
    for (const float smoothing : {0.f, 0.1f}) {
        Draw draw(3);
        std::vector<float> logits(many);
        std::vector<float> gradient(many);
        double largest = -100;
        for (float& logit : logits) {
            logit = draw.real(-3.f, 3.f);
            largest = std::max(largest, static_cast<double>(logit));
        }
        double sum = 0;
        double mean = 0;
        for (const float logit : logits) {
            sum += std::exp(static_cast<double>(logit) - largest);
            mean += static_cast<double>(logit) / static_cast<double>(many);
        }
        const double share = static_cast<double>(smoothing);
        const double exact = std::log(sum) + largest - (1 - share) * static_cast<double>(logits[5]) - share * mean;
        const std::uint32_t label = 5;
        const float loss = CrossEntropyLoss{.label_smoothing = smoothing}.evaluate<many, float, std::uint32_t>(
            logits.data(), {&label}, 1.f, gradient.data());
        // A few units of 2^-24 of numbers up to 12: exponentials and their sum, the logarithm, and three sums of such
        // numbers.
        CHECK(std::abs(static_cast<double>(loss) - exact) < 8 * 12 * 0x1p-24);
        double total = 0;
        for (const float element : gradient) {
            total += static_cast<double>(element);
        }
        CHECK(std::abs(total) < 1e-6);  // The gradient of a softmax adds up to 0, within the roundings of its parts.
    }
}

// SPDX-License-Identifier: MIT
#include <ctcnn/loss/weights.hpp>

#include <ctcnn/loss/target.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr float sum_of(const Weights& weights) {
    float sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
        sum += weights[k];
    }
    return sum;
}

}  // namespace

static_assert(Weights{}.empty() && Weights{}.size() == 0);
static_assert(sum_of({1, 2, 4}) == 7);
static_assert([] {
    Weights first{1, 2};
    Weights second = first;
    second = Weights{5};
    first = second;
    const Weights third = std::move(second);
    return sum_of(first) == 5 && sum_of(third) == 5 && second.empty();
}());

TEST_CASE("weights are copied from any row of floats") {
    std::vector<float> numbers{1, 2, 4};
    const Weights of_vector = numbers;
    const Weights of_span = std::span<const float>(numbers);
    const Weights of_array = std::array{1.f, 2.f, 4.f};
    numbers[0] = 100;
    CHECK(sum_of(of_vector) == 7);
    CHECK(sum_of(of_span) == 7);
    CHECK(sum_of(of_array) == 7);
    CHECK(of_vector.data()[2] == 4);
    Weights copied = of_vector;
    const Weights& same = copied;
    copied = same;
    CHECK(sum_of(copied) == 7);
    CHECK(Weights(std::vector<float>{}).empty());
}

TEST_CASE("weights that are refused are told by name, number and place") {
    const auto refusal = [](const auto& check) -> std::string {
        try {
            check();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "";
    };
    const Weights three{1, 0, 2};
    CHECK(refusal([&] { detail_::validate_weights("L::weight", three); }).empty());
    CHECK(refusal([&] { detail_::validate_weights("L::weight", three, 3); }).empty());
    CHECK(refusal([&] { detail_::validate_weights("L::weight", Weights{}, 3); }).empty());
    CHECK(refusal([&] { detail_::validate_weights("L::weight", three, 4); }) ==
          "L::weight holds 3 numbers, and the network has 4 outputs: give one number for each output");
    for (std::size_t k = 0; k < 3; ++k) {
        std::array<float, 3> numbers{1, 1, 1};
        numbers[k] = -1;
        CHECK(refusal([&] { detail_::validate_weights("L::weight", numbers); }) ==
              "number " + std::to_string(k) + " of L::weight is negative, infinite or NaN: choose 0 or more");
    }
}

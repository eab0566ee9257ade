// SPDX-License-Identifier: MIT
#include <ctcnn/loss/weights.hpp>

#include <array>
#include <span>
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
    return sum_of(first) == 5 && sum_of(third) == 5;
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

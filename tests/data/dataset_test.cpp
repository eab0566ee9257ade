// SPDX-License-Identifier: MIT
#include <ctcnn/data/dataset.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Small = Dataset<Shape<1, 1, 2>>;

Small four() { return Small({{1, 2}, {3, 4}, {5, 6}, {7, 8}}, {9, 8, 7, 6}); }

template <typename Error, typename Action>
std::string message_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

static_assert(std::is_same_v<Small::shape, Shape<1, 1, 2>>);
static_assert(std::is_same_v<Small::image_type, Tensor<float, Shape<1, 1, 2>>>);
static_assert(std::is_same_v<Dataset<Shape<3>, double>::value_type, double>);
static_assert(std::is_same_v<decltype(four().image(0)), const Tensor<float, Shape<1, 1, 2>>&>);
static_assert(std::is_base_of_v<std::invalid_argument, UnequalCounts>);

TEST_CASE("a data set holds images and their labels in order") {
    const Small data = four();
    REQUIRE(data.size() == 4);
    CHECK_FALSE(data.empty());
    CHECK(data.image(2)(0, 0, 1) == 6);
    CHECK(data.label(2) == 7);
    CHECK(data.images().size() == 4);
    CHECK(&data.images()[3] == &data.image(3));
    CHECK(std::vector<std::uint8_t>(data.labels().begin(), data.labels().end()) ==
          std::vector<std::uint8_t>{9, 8, 7, 6});
}

TEST_CASE("a data set may be empty") {
    CHECK(Small().size() == 0);
    CHECK(Small().empty());
    CHECK(Small().images().empty());
    CHECK(four().first(0).empty());
}

TEST_CASE("a data set needs one label for each image") {
    CHECK(message_of<UnequalCounts>([] { Small({{1, 2}, {3, 4}}, {1}); }) ==
          "A data set needs one label for each image, but was given 2 images and 1 labels.");
    CHECK_THROWS_AS(Small({}, {1}), std::invalid_argument);
}

TEST_CASE("an index beyond the last image is refused") {
    const Small data = four();
    const std::string sentence = "The data set holds 4 images, counted from 0; there is no number 4.";
    CHECK(message_of<std::out_of_range>([&] { data.image(4); }) == sentence);
    CHECK(message_of<std::out_of_range>([&] { data.label(4); }) == sentence);
    CHECK_THROWS_AS(Small().image(0), std::out_of_range);
    CHECK_THROWS_AS(data.label(static_cast<std::size_t>(-1)), std::out_of_range);
}

TEST_CASE("a part of a data set is a data set") {
    const Small data = four();
    const Small start = data.first(3);
    REQUIRE(start.size() == 3);
    CHECK(start.image(2) == data.image(2));
    CHECK(start.label(2) == 7);
    const Small middle = data.subset(1, 2);
    REQUIRE(middle.size() == 2);
    CHECK(middle.image(0) == data.image(1));
    CHECK(middle.label(1) == 7);
    CHECK(data.subset(4, 0).empty());
}

TEST_CASE("a part that a data set does not hold is refused") {
    const Small data = four();
    CHECK_THROWS_AS(data.first(5), std::out_of_range);
    CHECK_THROWS_AS(data.subset(5, 0), std::out_of_range);
    CHECK_THROWS_AS(data.subset(1, static_cast<std::size_t>(-1)), std::out_of_range);
    CHECK(message_of<std::out_of_range>([&] { data.subset(3, 2); }) ==
          "The data set holds 4 images; 2 images from number 3 on are more than that.");
}

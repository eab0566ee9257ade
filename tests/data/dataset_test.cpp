// SPDX-License-Identifier: MIT
#include <ctcnn/data/dataset.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
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
static_assert(std::is_same_v<decltype(std::declval<Small&>().image(0)), const Tensor<float, Shape<1, 1, 2>>&>);
static_assert(std::is_same_v<decltype(std::declval<Small&>().labels()), std::span<const std::uint8_t>>);
static_assert(
    std::is_same_v<decltype(std::declval<const Dataset<Shape<3>, float, int>&>().labels()), std::span<const int>>);

// What a temporary data set would hand out would be gone.
template <typename Data>
concept HandsOut = requires { std::declval<Data>().images(); } || requires { std::declval<Data>().labels(); } ||
                   requires { std::declval<Data>().image(0); };
static_assert(HandsOut<Small&> && HandsOut<const Small&> && !HandsOut<Small> && !HandsOut<const Small>);
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
    CHECK(Small({}, {}).empty());
    CHECK(Small(std::vector<float>{}, std::vector<int>{}).empty());
    const Small none;
    CHECK(none.images().empty());
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
    const Small none;
    CHECK_THROWS_AS(none.image(0), std::out_of_range);
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

TEST_CASE("images may be given as elements in a row") {
    const std::vector<float> elements{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<std::uint8_t> labels{9, 8, 7, 6};
    const auto check = [](const Small& data) {
        const Small expected = four();
        REQUIRE(data.size() == 4);
        for (std::size_t n = 0; n < 4; ++n) {
            CHECK(data.image(n) == expected.image(n));
            CHECK(data.label(n) == expected.label(n));
        }
    };
    check(Small(elements, labels));
    check(Small(std::vector(elements), {9, 8, 7, 6}));
    check(Small(std::span<const float>(elements), std::span(labels)));
    check(Small(std::array{1.f, 2.f, 3.f, 4.f, 5.f, 6.f, 7.f, 8.f}, std::array{9, 8, 7, 6}));
    const float plain[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const long plain_labels[] = {9, 8, 7, 6};
    check(Small(plain, plain_labels));
    std::span<float> none;
    CHECK(Small(none, std::vector<int>{}).empty());
    // Three elements an image, which no register divides.
    const Dataset<Shape<3>, double> three(std::vector<double>{1, 2, 3, 4, 5, 6}, std::vector{0, 1});
    CHECK(three.image(1) == Tensor<double, Shape<3>>{4, 5, 6});
}

TEST_CASE("images may be any range of tensors") {
    const std::vector<Small::image_type> images{{1, 2}, {3, 4}};
    const std::vector labels{1, 2};
    CHECK(Small(std::span(images), labels).size() == 2);
    CHECK(Small(std::list(images.begin(), images.end()), labels).size() == 2);
    const Small copied(images, labels);
    CHECK(copied.image(1) == images[1]);
    std::vector<Small::image_type> moved_from(images);
    const Small::image_type* place = moved_from.data();
    const Small moved(std::move(moved_from), labels);
    CHECK(&moved.image(0) == place);
}

TEST_CASE("elements that do not divide into images are refused") {
    CHECK(message_of<std::invalid_argument>([] { Small(std::vector<float>(5), std::vector{1, 2}); }) ==
          "A data set was given 5 elements, which do not divide into images of 2.");
    CHECK(message_of<UnequalCounts>([] { Small(std::vector<float>(6), std::vector{1, 2}); }) ==
          "A data set needs one label for each image, but was given 3 images and 2 labels.");
}

namespace {

template <typename Integer>
void check_labels_of() {
    const std::vector<Integer> labels{9, 8, 7, 6};
    const auto expect = [](const auto& data) {
        CHECK(data.label(0) == 9);
        CHECK(data.label(3) == 6);
    };
    const auto images = [] { return std::vector<float>(8); };
    expect(Dataset<Shape<2>>(images(), labels));
    expect(Dataset<Shape<2>, float, std::int8_t>(images(), labels));
    expect(Dataset<Shape<2>, float, int>(images(), labels));
    expect(Dataset<Shape<2>, float, std::size_t>(images(), labels));
}

}  // namespace

TEST_CASE("labels are integers of any type") {
    check_labels_of<char>();
    check_labels_of<signed char>();
    check_labels_of<unsigned char>();
    check_labels_of<short>();
    check_labels_of<unsigned short>();
    check_labels_of<int>();
    check_labels_of<unsigned>();
    check_labels_of<long>();
    check_labels_of<unsigned long>();
    check_labels_of<long long>();
    check_labels_of<unsigned long long>();
    const Small two(std::vector<float>(4), std::vector<bool>{false, true});
    CHECK(two.label(1) == 1);
}

TEST_CASE("a label that the data set cannot hold is refused with its image") {
    const auto refused = [](auto label, auto stored) {
        std::vector<decltype(label)> labels{1, 2, label, 3};
        return message_of<std::invalid_argument>(
            [&] { Dataset<Shape<2>, float, decltype(stored)>(std::vector<float>(8), labels); });
    };
    constexpr std::uint8_t byte = 0;
    CHECK(
        refused(300, byte) ==
        "Label 300 of image 2 is no class: the labels of this data set are 0 to 255. For more classes, give Dataset a "
        "wider type: Dataset<S, float, std::uint32_t>.");
    CHECK(refused(256, byte) != "no error");
    CHECK(refused(255, byte) == "no error");
    CHECK(refused(-1, byte).starts_with("Label -1 of image 2 is no class"));
    CHECK(refused(-1, byte).ends_with("give Dataset a type with a sign: Dataset<S, float, int>."));
    CHECK(refused(std::int8_t{-1}, byte).starts_with("Label -1 of image 2 is no class"));
    // A signed one holds labels to ignore.
    CHECK(refused(std::int8_t{-1}, std::int8_t{}) == "no error");
    CHECK(refused(-100LL, std::int8_t{}) == "no error");
    CHECK(refused(-128, std::int8_t{}) == "no error");
    CHECK(refused(-129, std::int8_t{}).starts_with("Label -129 of image 2 is no class"));
    CHECK(refused(std::numeric_limits<std::int64_t>::min(), std::int32_t{}) != "no error");
    CHECK(refused(-1LL, std::uint64_t{}).starts_with("Label -1 of image 2 is no class"));
    CHECK(
        refused(std::numeric_limits<std::uint64_t>::max(), byte).starts_with("Label 18446744073709551615 of image 2"));
    CHECK(refused(std::numeric_limits<std::uint64_t>::max(), std::int64_t{})
              .starts_with("Label 18446744073709551615 of"));
    CHECK(refused(std::numeric_limits<std::uint64_t>::max(), std::uint64_t{}) == "no error");
    CHECK(refused(128, std::int8_t{}) != "no error");
    CHECK(refused(127, std::int8_t{}) == "no error");
    CHECK(refused(999, std::uint16_t{}) == "no error");
}

TEST_CASE("a data set with many classes") {
    using Many = Dataset<Shape<2>, float, std::uint16_t>;
    const Many data(std::vector<float>{1, 2, 3, 4, 5, 6}, std::vector{0, 999, 65535});
    CHECK(data.label(1) == 999);
    CHECK(data.labels()[2] == 65535);
    const Many part = data.subset(1, 2);
    CHECK(part.label(0) == 999);
    CHECK(part.image(1)(0) == 5);
    static_assert(std::is_same_v<Many::label_type, std::uint16_t>);
}

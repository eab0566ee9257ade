// SPDX-License-Identifier: MIT
#include <ctcnn/data/centred_digit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <ctcnn/data/mnist.hpp>

#include "../golden/golden.hpp"
#include "catch.hpp"

using namespace ctcnn;

TEST_CASE("Drawings become the images that the reference computes, light or dark") {
    const golden::File file("digits");
    const std::vector<double>& sizes = file["sizes"];
    REQUIRE(sizes.size() == 7 * 5);
    for (std::size_t n = 0; n < 7; ++n) {
        CAPTURE(n);
        const auto height = static_cast<std::size_t>(sizes[5 * n]);
        const auto width = static_cast<std::size_t>(sizes[5 * n + 1]);
        const auto box = static_cast<std::size_t>(sizes[5 * n + 2]);
        std::vector<double> image = file["image_" + std::to_string(n)];
        const std::vector<double>& expected = file["digit_" + std::to_string(n)];
        const auto digit = centred_digit<double>(image, height, width, box);
        REQUIRE(digit);
        REQUIRE(expected.size() == digit->values.size());
        // Both add at most 10,800 numbers of double precision.
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(std::abs(digit->values[i] - expected[i]) < 1e-12);
        }
        std::ranges::for_each(image, [](double& pixel) { pixel = 1 - pixel; });
        const auto inverted = centred_digit<double>(image, height, width, box);
        REQUIRE(inverted);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(std::abs(inverted->values[i] - expected[i]) < 1e-12);
        }
    }
}

TEST_CASE("An image of MNIST stays where it is, and loses only what is hardly ink") {
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
    int same = 0;
    for (std::size_t i = 0; i < 200; ++i) {
        const auto digit = centred_digit(test.image(i).values, 28, 28);
        REQUIRE(digit);
        bool is_same = true;
        for (std::size_t n = 0; n < test.image(i).values.size(); ++n) {
            const float pixel = test.image(i).values[n];
            is_same = is_same && std::abs(digit->values[n] - (pixel > 0.1f ? pixel : 0)) < 0.01f;
        }
        same += is_same ? 1 : 0;
    }
    CHECK(same >= 194);  // rows or columns of faint ink are cut off the others
}

namespace {

/// A square of 3 x 3 pixels, in a corner of 8 x 5.
constexpr auto square = [] {
    std::array<float, 40> pixels{};
    for (std::size_t h = 0; h < 3; ++h) {
        for (std::size_t w = 0; w < 3; ++w) {
            pixels[h * 5 + w] = 0.5f;
        }
    }
    return pixels;
}();
constexpr auto centred_square = *centred_digit(square, 8, 5, 19);
static_assert(centred_square(0, 5, 5) > 0.999f && centred_square(0, 23, 23) > 0.999f);
static_assert(centred_square(0, 4, 14) < 0.001f && centred_square(0, 24, 14) < 0.001f);
static_assert(centred_square(0, 14, 4) < 0.001f && centred_square(0, 14, 24) < 0.001f);

}  // namespace

TEST_CASE("Where nothing is drawn there is no digit") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    std::vector<float> pixels(12, 0.5f);
    CHECK_FALSE(centred_digit(pixels, 3, 4));
    pixels[5] = 0.5f + 0.99f / 16;
    CHECK_FALSE(centred_digit(pixels, 3, 4));
    pixels[5] = nan;
    CHECK_FALSE(centred_digit(pixels, 3, 4));
    pixels[5] = infinity;
    CHECK_FALSE(centred_digit(pixels, 3, 4));
    CHECK_FALSE(centred_digit(std::vector<float>(12, nan), 3, 4));
    CHECK_FALSE(centred_digit({}, 0, 0));
    CHECK_FALSE(centred_digit({}, 7, 0));
    CHECK_FALSE(centred_digit({}, std::numeric_limits<std::size_t>::max(), 0));
    // A pixel that is NaN is paper, also where the whole border is.
    pixels.assign(9, nan);
    pixels[4] = 1;
    CHECK_FALSE(centred_digit(pixels, 3, 3));
    pixels.assign(9, 0.0f);
    const std::vector<float> clean = [&] {
        pixels[4] = 1;
        return pixels;
    }();
    pixels[0] = nan;
    CHECK(centred_digit(pixels, 3, 3) == centred_digit(clean, 3, 3));
}

TEST_CASE("A drawing has a contrast of a sixteenth, and ink more than a tenth of it") {
    std::vector<double> pixels(25);
    pixels[12] = 1.0 / 16;
    const auto faint = centred_digit<double>(pixels, 5, 5);
    REQUIRE(faint);
    pixels[12] = 1;
    CHECK(centred_digit<double>(pixels, 5, 5) == faint);
    pixels[13] = 0.1;
    CHECK(centred_digit<double>(pixels, 5, 5) == faint);
    pixels[13] = 0.11;
    CHECK(centred_digit<double>(pixels, 5, 5) != faint);
}

TEST_CASE("A border of as many light pixels as dark ones is light, and one in the middle between them is dark") {
    // In the crop of 3 x 3 pixels, the ink of the lower left one is half of that of black.
    const auto digit = centred_digit<double>(std::vector<double>{0, 1, 0, 1, 0, 1, 0.5, 1, 0}, 3, 3, 3);
    REQUIRE(digit);
    CHECK(std::ranges::count(digit->values, 1.0) == 4);
    CHECK(std::ranges::count(digit->values, 0.5) == 1);
    CHECK(centred_digit(std::vector<float>{0, 1}, 1, 2));
}

TEST_CASE("The box is as near to the middle as its centre of mass asks") {
    // A single pixel.
    const auto point = centred_digit<double>(std::vector<double>{0, 0, 0, 0, 1, 0, 0, 0, 0}, 3, 3, 1);
    REQUIRE(point);
    CHECK((*point)(0, 14, 14) == 1);
    // A box of 27 rows whose last one is the heaviest cannot go up beyond the first row.
    std::vector<double> pixels(29 * 29);
    pixels[29 + 1] = 1;
    for (std::size_t n = 1; n < 28; ++n) {
        pixels[27 * 29 + n] = 1;
        pixels[n * 29 + 27] = 1;
    }
    const auto low = centred_digit<double>(pixels, 29, 29, 27);
    REQUIRE(low);
    CHECK((*low)(0, 0, 0) == 1);
    // A line is at least one pixel wide.
    std::vector<double> line(3 * 100);
    std::fill_n(line.begin() + 101, 98, 1.0);
    const auto thin = centred_digit<double>(line, 3, 100);
    REQUIRE(thin);
    CHECK(std::ranges::count(thin->values, 0.0) == 28 * 28 - 20);
}

TEST_CASE("Sizes that make no sense are refused") {
    const std::vector<float> pixels(12);
    CHECK_THROWS_AS(centred_digit(pixels, 4, 4), std::invalid_argument);
    CHECK_THROWS_AS(centred_digit(pixels, 3, 5), std::invalid_argument);
    CHECK_THROWS_AS(centred_digit(pixels, 3, 0), std::invalid_argument);
    CHECK_THROWS_AS(centred_digit(pixels, std::numeric_limits<std::size_t>::max() / 4 + 1 + 3, 4),
                    std::invalid_argument);
    CHECK_THROWS_AS(centred_digit(pixels, 3, 4, 0), std::invalid_argument);
    CHECK_THROWS_AS(centred_digit(pixels, 3, 4, 29), std::invalid_argument);
    CHECK_NOTHROW(centred_digit(pixels, 3, 4, 28));
}

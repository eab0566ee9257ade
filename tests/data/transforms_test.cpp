// SPDX-License-Identifier: MIT
#include <ctcnn/data/transforms.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>

#include "../golden/golden.hpp"
#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

const ImageRandom some_random(1, 2, 3, 4);

template <typename S, typename T = float>
Tensor<T, S> noise(std::uint64_t seed = 1) {
    Draw draw(seed);
    Tensor<T, S> image;
    for (T& pixel : image.span()) {
        pixel = static_cast<T>(draw.real(-1.0, 1.0));
    }
    return image;
}

/// An image under one transform. Where the transform does not write, it is NaN.
template <typename S, typename T, typename Transform>
Tensor<T, S> under(const Transform& transform, const Tensor<T, S>& image, const ImageRandom& random = some_random) {
    Tensor<T, S> result;
    std::ranges::fill(result.span(), std::numeric_limits<T>::quiet_NaN());
    if constexpr (detail_::transform_scratch<Transform, S> != 0) {
        std::vector<T> scratch(detail_::transform_scratch<Transform, S>, std::numeric_limits<T>::quiet_NaN());
        transform(image.view(), result.view(), random, std::span<T>(scratch));
    } else {
        transform(image.view(), result.view(), random);
    }
    return result;
}

template <typename Image>
std::vector<double> pixels(const Image& image) {
    return golden::doubles(image.span());
}

using GoldenShape = Shape<2, 9, 20>;

template <typename T>
Tensor<T, GoldenShape> golden_image(const golden::File& file) {
    Tensor<T, GoldenShape> image;
    std::ranges::transform(file["image"], image.values.begin(), [](double pixel) { return static_cast<T>(pixel); });
    return image;
}

/// PyTorch computes the places in another order. The pixels differ by at most 4, and a place of the image of 20 pixels
/// by some roundings of 20: 4 * 2 axes * 2 roundings * 20 * 2^-24 in float.
template <typename T>
constexpr double sampling_tolerance = 320 * (sizeof(T) == 4 ? 0x1p-24 : 0x1p-53);

template <typename T>
void check_affine() {
    const golden::File file("transforms");
    const Tensor<T, GoldenShape> image = golden_image<T>(file);
    const std::vector<double>& maps = file["affine"];
    for (std::size_t n = 0; n < maps.size() / 6; ++n) {
        const double* map = maps.data() + 6 * n;
        const Affine affine{map[0], {map[1], map[2]}, map[3], {map[4], map[5]}};
        const std::string name = "affine_" + std::to_string(n);
        golden::check_close(name, pixels(under(affine, image)), file[name], {0, sampling_tolerance<T>});
    }
}

/// Affine by its definition, pixel by pixel.
template <typename S, typename T>
Tensor<T, S> affine_by_definition(const Affine& affine, const Tensor<T, S>& image) {
    constexpr auto rows = static_cast<std::ptrdiff_t>(S::dims[1]);
    constexpr auto columns = static_cast<std::ptrdiff_t>(S::dims[2]);
    const std::array<double, 6> m = affine.inverse();
    Tensor<T, S> result;
    for (std::size_t c = 0; c < S::dims[0]; ++c) {
        const auto pixel = [&](std::ptrdiff_t h, std::ptrdiff_t w) {
            const bool inside = h >= 0 && h < rows && w >= 0 && w < columns;
            return inside ? static_cast<double>(image(c, static_cast<std::size_t>(h), static_cast<std::size_t>(w)))
                          : affine.fill;
        };
        for (std::size_t h = 0; h < S::dims[1]; ++h) {
            for (std::size_t w = 0; w < S::dims[2]; ++w) {
                const double right = static_cast<double>(w) - (static_cast<double>(columns) - 1) / 2;
                const double down = static_cast<double>(h) - (static_cast<double>(rows) - 1) / 2;
                const double x = m[0] * right + m[1] * down + m[2] + (static_cast<double>(columns) - 1) / 2;
                const double y = m[3] * right + m[4] * down + m[5] + (static_cast<double>(rows) - 1) / 2;
                const double left = std::floor(x);
                const double top = std::floor(y);
                double sum = 0;
                for (const std::ptrdiff_t i : {0, 1}) {
                    for (const std::ptrdiff_t j : {0, 1}) {
                        const double weight = (i == 0 ? 1 - (y - top) : y - top) * (j == 0 ? 1 - (x - left) : x - left);
                        sum +=
                            weight * pixel(static_cast<std::ptrdiff_t>(top) + i, static_cast<std::ptrdiff_t>(left) + j);
                    }
                }
                result(c, h, w) = static_cast<T>(sum);
            }
        }
    }
    return result;
}

template <typename S>
void check_affine_by_definition() {
    Draw draw(7);
    const auto image = noise<S, double>();
    for (int n = 0; n < 50; ++n) {
        const Affine affine{draw.real(-180.0, 180.0),
                            {std::round(draw.real(-3.0, 3.0)), draw.real(-3.0, 3.0)},
                            draw.real(0.3, 2.0),
                            {draw.real(-40.0, 40.0), draw.real(-40.0, 40.0)},
                            n % 2 == 0 ? 0 : 0.5};
        INFO("map " << n << " of an image of " << S::dims[0] << " x " << S::dims[1] << " x " << S::dims[2]);
        // Places of at most 100, of pixels that differ by at most 2.
        golden::check_close("affine", pixels(under(affine, image)), pixels(affine_by_definition(affine, image)),
                            {0, 1e-12});
    }
}

struct Moments {
    double mean = 0;
    double variance = 0;
    double fourth = 0;  ///< in units of the square of the variance
};
Moments moments(const std::vector<double>& values) {
    Moments result;
    const auto count = static_cast<double>(values.size());
    for (const double value : values) {
        result.mean += value / count;
    }
    for (const double value : values) {
        const double square = (value - result.mean) * (value - result.mean);
        result.variance += square / count;
        result.fourth += square * square / count;
    }
    result.fourth /= result.variance * result.variance;
    return result;
}

/// A value drawn for each of 10,000 images.
template <typename F>
std::vector<double> drawn(const F& f) {
    std::vector<double> values;
    for (std::size_t n = 0; n < 10'000; ++n) {
        values.push_back(f(ImageRandom(11, 1, 0, n)));
    }
    return values;
}

/// Whether the values are uniform in an interval: mean and variance are within 5 standard deviations of what 10,000
/// have, and both ends are reached within 1 % of the interval, which has a chance of 1 - 2e-44.
void check_uniform(const std::vector<double>& values, double low, double high) {
    const Moments seen = moments(values);
    const double width = high - low;
    CHECK(std::abs(seen.mean - (low + high) / 2) < 5 * width / std::sqrt(12.0 * 10'000));
    CHECK(std::abs(seen.variance / (width * width / 12) - 1) < 5 * std::sqrt(0.8 / 10'000));
    const auto [least, most] = std::ranges::minmax(values);
    CHECK(least >= low);
    CHECK(least < low + 0.01 * width);
    CHECK(most <= high);
    CHECK(most > high - 0.01 * width);
}

}  // namespace

TEST_CASE("Affine is what torchvision computes, in float and in double") {
    check_affine<float>();
    check_affine<double>();
}

TEST_CASE("Affine is its definition, for images of any size, with any fill") {
    check_affine_by_definition<Shape<1, 28, 28>>();
    check_affine_by_definition<Shape<3, 5, 17>>();
    check_affine_by_definition<Shape<2, 7, 3>>();
    check_affine_by_definition<Shape<1, 1, 1>>();
    check_affine_by_definition<Shape<1, 6, 1>>();
}

TEST_CASE("An identity changes nothing, and whole pixels are moved exactly") {
    const auto image = noise<Shape<1, 28, 28>>();
    CHECK(under(Affine{}, image) == image);
    const auto moved = under(Affine{.translate = {3, -2}, .fill = 7}, image);
    for (std::size_t h = 0; h < 28; ++h) {
        for (std::size_t w = 0; w < 28; ++w) {
            CHECK(moved(0, h, w) == (h + 2 < 28 && w >= 3 ? image(0, h + 2, w - 3) : 7.0f));
        }
    }
    const auto gone = under(Affine{.translate = {1e9, 0}, .fill = -1}, image);
    CHECK(std::ranges::all_of(gone.span(), [](float pixel) { return pixel == -1; }));
}

TEST_CASE("A pixel that is NaN reaches the result") {
    auto image = noise<Shape<1, 8, 8>>();
    image(0, 4, 4) = std::numeric_limits<float>::quiet_NaN();
    const auto has_nan = [](const auto& result) {
        return std::ranges::any_of(result.span(), [](float pixel) { return std::isnan(pixel); });
    };
    CHECK(has_nan(under(Affine{.angle = 10}, image)));
    CHECK(has_nan(under(ElasticTransform{.alpha = 1, .sigma = 1}, image)));
    CHECK(has_nan(under(RandomHorizontalFlip{}, image)));
    CHECK(has_nan(under(RandomCrop{.padding = 1}, image)));
    CHECK(has_nan(under(RandomErasing{.p = 0}, image)));
    CHECK(has_nan(under(Normalize{.mean = {0.5}, .std = {0.5}}, image)));
    CHECK(has_nan(under(GaussianNoise{}, image)));
}

TEST_CASE("RandomAffine draws uniform numbers, and translations by whole pixels") {
    const RandomAffine affine{
        .degrees = 10, .translate = {0.1, 0.25}, .scale = {0.8, 1.1}, .shear = {-3, 8}, .shear_y = 5, .fill = 0.5};
    const auto value = [&](auto f) {
        return drawn([&](const ImageRandom& random) { return f(affine.draw(random, 12, 30)); });
    };
    check_uniform(value([](const Affine& map) { return map.angle; }), -10, 10);
    check_uniform(value([](const Affine& map) { return map.scale; }), 0.8, 1.1);
    check_uniform(value([](const Affine& map) { return map.shear[0]; }), -3, 8);
    check_uniform(value([](const Affine& map) { return map.shear[1]; }), -5, 5);
    // Of the 30 columns, 3; of the 12 rows, 3. The ends have half the chance of the others: 1/12, 1/6, ..., 1/6, 1/12.
    for (const std::size_t axis : {0u, 1u}) {
        std::map<double, int> counts;
        for (const double shift : value([axis](const Affine& map) { return map.translate[axis]; })) {
            ++counts[shift];
        }
        CHECK(counts.size() == 7);
        for (const auto& [shift, count] : counts) {
            INFO("a shift by " << shift);
            CHECK(std::round(shift) == shift);
            const double chance = std::abs(shift) == 3 ? 1.0 / 12 : 1.0 / 6;
            CHECK(std::abs(count - 10'000 * chance) < 5 * std::sqrt(10'000 * chance * (1 - chance)));
        }
    }
    CHECK(affine.draw(some_random, 12, 30).fill == 0.5);
    const auto image = noise<Shape<1, 12, 30>>();
    CHECK(under(affine, image) == under(affine.draw(some_random, 12, 30), image));
}

TEST_CASE("ElasticTransform smooths and samples as torchvision does") {
    const golden::File file("transforms");
    const ElasticTransform elastic{.alpha = 6, .sigma = 1};
    constexpr std::size_t size = 9 * 20;
    std::vector<double> field = file["noise"];
    field.resize(2 * size + 16);
    std::vector<double> scratch(ElasticTransform::scratch_size<GoldenShape>);
    elastic.smooth<GoldenShape>(2, field.data(), scratch.data());
    golden::check_close("smooth", {field.begin(), field.begin() + 2 * size}, file["smooth"], {0, 1e-14});
    Tensor<double, GoldenShape> result;
    const auto image = golden_image<double>(file);
    elastic.displace(image.view(), result.view(), field.data(), field.data() + size, scratch.data());
    golden::check_close("elastic", golden::doubles(result.span()), file["elastic"], {0, sampling_tolerance<double>});
}

TEST_CASE("ElasticTransform moves pixels, other ones for each image") {
    const auto image = noise<Shape<1, 28, 28>>();
    CHECK(under(ElasticTransform{.alpha = 0}, image) == image);
    const auto one = under(ElasticTransform{}, image, ImageRandom(1, 1, 0, 0));
    CHECK(one != image);
    CHECK(one == under(ElasticTransform{}, image, ImageRandom(1, 1, 0, 0)));
    CHECK(one != under(ElasticTransform{}, image, ImageRandom(1, 1, 0, 1)));
    // The largest displacements lead out of the image, or nowhere.
    for (const double alpha : {1e6, -1e6}) {
        const ElasticTransform far{.alpha = alpha, .fill = 7};
        far.validate();
        const auto moved = under(far, Tensor<float, Shape<1, 28, 28>>{});
        CHECK(std::ranges::all_of(moved.span(), [](float pixel) { return pixel >= 0 && pixel <= 7; }));
        CHECK(std::ranges::count(moved.span(), 7.0f) > 700);
    }
    // The Gaussian is larger than the image.
    const auto tiny = under(ElasticTransform{.sigma = 16}, noise<Shape<2, 2, 1>>());
    CHECK(std::ranges::all_of(tiny.span(), [](float pixel) { return std::isfinite(pixel); }));
}

TEST_CASE("RandomHorizontalFlip mirrors rows with its probability") {
    const auto image = noise<Shape<2, 3, 5>>();
    CHECK(under(RandomHorizontalFlip{.p = 0}, image) == image);
    const auto mirrored = under(RandomHorizontalFlip{.p = 1}, image);
    for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t h = 0; h < 3; ++h) {
            for (std::size_t w = 0; w < 5; ++w) {
                CHECK(mirrored(c, h, w) == image(c, h, 4 - w));
            }
        }
    }
    const auto flips = drawn([&](const ImageRandom& random) {
        return under(RandomHorizontalFlip{.p = 0.3}, image, random) == mirrored ? 1.0 : 0.0;
    });
    CHECK(std::abs(moments(flips).mean - 0.3) < 5 * std::sqrt(0.3 * 0.7 / 10'000));
}

TEST_CASE("RandomCrop is a part of the padded image, and all parts are equally frequent") {
    using S = Shape<2, 3, 4>;
    const auto image = noise<S>();
    for (const std::size_t padding : {0u, 1u, 2u, 5u}) {
        const RandomCrop crop{.padding = padding, .fill = 9};
        for (std::size_t top = 0; top <= 2 * padding; ++top) {
            for (std::size_t left = 0; left <= 2 * padding; ++left) {
                Tensor<float, S> result;
                crop.apply(image.view(), result.view(), top, left);
                for (std::size_t c = 0; c < 2; ++c) {
                    for (std::size_t h = 0; h < 3; ++h) {
                        for (std::size_t w = 0; w < 4; ++w) {
                            const std::size_t y = h + top;
                            const std::size_t x = w + left;
                            const bool inside = y >= padding && y < padding + 3 && x >= padding && x < padding + 4;
                            CHECK(result(c, h, w) == (inside ? image(c, y - padding, x - padding) : 9.0f));
                        }
                    }
                }
            }
        }
    }
    std::map<std::vector<double>, int> counts;
    drawn([&](const ImageRandom& random) {
        ++counts[pixels(under(RandomCrop{.padding = 1, .fill = 9}, image, random))];
        return 0.0;
    });
    CHECK(counts.size() == 9);
    for (const auto& part : counts) {
        CHECK(std::abs(part.second - 10'000 / 9.0) < 5 * std::sqrt(10'000 / 9.0 * 8 / 9));
    }
}

TEST_CASE("RandomErasing erases a rectangle of the area and ratio that it is given") {
    const auto image = noise<Shape<2, 20, 30>>();
    const RandomErasing erasing{.p = 0.75, .scale = {0.05, 0.2}, .ratio = {0.5, 2}, .value = 5};
    const auto erased = drawn([&](const ImageRandom& random) {
        const auto rectangle = erasing.draw(random, 20, 30);
        const auto result = under(erasing, image, random);
        std::size_t count = 0;
        for (std::size_t c = 0; c < 2; ++c) {
            for (std::size_t h = 0; h < 20; ++h) {
                for (std::size_t w = 0; w < 30; ++w) {
                    const bool within = rectangle && h >= rectangle->top && h < rectangle->top + rectangle->height &&
                                        w >= rectangle->left && w < rectangle->left + rectangle->width;
                    count += result(c, h, w) == (within ? 5.0f : image(c, h, w)) ? 1 : 0;
                }
            }
        }
        REQUIRE(count == 1200);
        if (rectangle) {
            // Heights and widths are rounded.
            const auto height = static_cast<double>(rectangle->height);
            const auto width = static_cast<double>(rectangle->width);
            REQUIRE((height + 0.5) * (width + 0.5) >= 0.05 * 600);
            REQUIRE((height - 0.5) * (width - 0.5) <= 0.2 * 600);
            REQUIRE((height + 0.5) / (width - 0.5) >= 0.5);
            REQUIRE((height - 0.5) / (width + 0.5) <= 2);
        }
        return rectangle ? 1.0 : 0.0;
    });
    CHECK(std::abs(moments(erased).mean - 0.75) < 5 * std::sqrt(0.75 * 0.25 / 10'000));
    // The first row of a rectangle of 3 x 3 pixels, which has 18 and 28 places.
    const RandomErasing small{.p = 1, .scale = {0.015, 0.015}, .ratio = {1, 1}};
    std::map<std::size_t, int> rows;
    std::set<std::size_t> columns;
    drawn([&](const ImageRandom& random) {
        const auto rectangle = small.draw(random, 20, 30).value();
        REQUIRE(rectangle.height == 3);
        ++rows[rectangle.top];
        columns.insert(rectangle.left);
        return 0.0;
    });
    CHECK(rows.size() == 18);
    CHECK(columns.size() == 28);
    for (const auto& row : rows) {
        CHECK(std::abs(row.second - 10'000 / 18.0) < 5 * std::sqrt(10'000 / 18.0 * 17 / 18));
    }
    // Too large for ten times: nothing is erased.
    CHECK_FALSE(RandomErasing{.p = 1, .scale = {1, 1}, .ratio = {1, 1}}.draw(some_random, 20, 30));
    // Of a small image, a rectangle may have no columns and begin behind the last one.
    const auto small_image = noise<Shape<1, 6, 6>>();
    const RandomErasing always{.p = 1, .scale = {0.02, 0.03}};
    std::size_t behind = 0;
    drawn([&](const ImageRandom& random) {
        const auto rectangle = always.draw(random, 6, 6);
        if (rectangle && rectangle->left == 6) {
            ++behind;
            REQUIRE(under(always, small_image, random) == small_image);
        }
        return 0.0;
    });
    CHECK(behind != 0);
}

TEST_CASE("Normalize subtracts the mean and divides by the standard deviation") {
    const auto image = noise<Shape<2, 3, 4>>();
    const auto each = under(Normalize<2>{.mean = {0.5, -1}, .std = {0.25, 3}}, image);
    const auto all = under(Normalize{.mean = {0.5}, .std = {0.25}}, image);
    for (std::size_t h = 0; h < 3; ++h) {
        for (std::size_t w = 0; w < 4; ++w) {
            CHECK(each(0, h, w) == (image(0, h, w) - 0.5f) / 0.25f);
            CHECK(each(1, h, w) == (image(1, h, w) + 1.0f) / 3.0f);
            CHECK(all(1, h, w) == (image(1, h, w) - 0.5f) / 0.25f);
        }
    }
}

TEST_CASE("GaussianNoise is normal, and clips if it is asked to") {
    using S = Shape<1, 101, 99>;
    const Tensor<float, S> zero;
    std::vector<double> values;
    for (std::size_t n = 0; n < 100; ++n) {
        const auto noisy = under(GaussianNoise{.mean = 0.25, .sigma = 2, .clip = false}, zero, ImageRandom(3, 1, 0, n));
        std::ranges::copy(noisy.span(), std::back_inserter(values));
    }
    const auto count = static_cast<double>(values.size());
    // The variances of these moments are 4 / n, 2 / n and 96 / n.
    const Moments seen = moments(values);
    CHECK(std::abs(seen.mean - 0.25) < 5 * 2 / std::sqrt(count));
    CHECK(std::abs(seen.variance / 4 - 1) < 5 * std::sqrt(2 / count));
    CHECK(std::abs(seen.fourth - 3) < 5 * std::sqrt(96 / count));
    // What lies within 1, 2, 3 and 4 standard deviations.
    for (const double sigmas : {1.0, 2.0, 3.0, 4.0}) {
        const double chance = std::erf(sigmas / std::sqrt(2.0));
        const auto within = static_cast<double>(
            std::ranges::count_if(values, [&](double value) { return std::abs(value - 0.25) < 2 * sigmas; }));
        CHECK(std::abs(within - count * chance) < 5 * std::sqrt(count * chance * (1 - chance)));
    }
    // Neighbours, and the same pixel of the next image, know nothing of each other.
    for (const std::size_t distance : {std::size_t{1}, std::size_t{16}, std::size_t{32}, S::size}) {
        double product = 0;
        for (std::size_t n = distance; n < values.size(); ++n) {
            product += (values[n] - 0.25) * (values[n - distance] - 0.25) / 4;
        }
        CHECK(std::abs(product) < 5 * std::sqrt(count));
    }
    const auto image = noise<Shape<1, 5, 7>>();
    for (const double pixel : pixels(under(GaussianNoise{.sigma = 1}, image))) {
        CHECK((pixel >= 0 && pixel <= 1));
    }
    CHECK(under(GaussianNoise{.sigma = 0, .clip = false}, image) == image);
}

TEST_CASE("GaussianNoise adds to a pixel the same number on all processors") {
    // Pixels 0 to 15 of 32 have the cosines of the pairs, and pixels 16 to 31 the sines.
    using S = Shape<1, 9, 11>;
    const auto check = [](const auto& noisy) {
        for (std::size_t n = 0; n < S::size; ++n) {
            const std::size_t pair = n / 32 * 32 + n % 16;
            const double u = some_random.uniform(pair) + 0x1p-24;
            const double angle = 2 * 3.141592653589793 * (some_random.uniform(pair + 16) - 0.5);
            const double normal = std::sqrt(-2 * std::log(u)) * (n % 32 < 16 ? std::cos(angle) : std::sin(angle));
            // normal_pair is exact within 1e-5.
            CHECK(std::abs(static_cast<double>(noisy.data()[n]) - normal) < 1e-5);
        }
    };
    const GaussianNoise noise_alone{.sigma = 1, .clip = false};
    check(under(noise_alone, Tensor<float, S>{}));
    check(under(noise_alone, Tensor<double, S>{}));
}

TEST_CASE("Random numbers depend on the seed, the step, the transform and the image") {
    std::set<std::uint32_t> bits;
    for (const std::uint64_t seed : {0u, 1u}) {
        for (const std::uint64_t step : {1u, 2u}) {
            for (const std::size_t transform : {0u, 1u}) {
                for (const std::size_t image : {0u, 1u}) {
                    for (const std::size_t n : {0u, 1u, 4u}) {
                        bits.insert(ImageRandom(seed, step, transform, image).bits(n));
                    }
                }
            }
        }
    }
    CHECK(bits.size() == 48);
    const ImageRandom random(1, 2, 3, 4);
    CHECK(random.uniforms(2)[1] == random.uniform(9));
    CHECK(random.block(2)[1] == random.bits(9));
    CHECK(random.uniform(5, -2, 6) == -2 + 8 * random.uniform(5));
}

TEST_CASE("What the transforms are without being told") {
    const auto is = [](const Interval& interval, double low, double high) {
        return interval.low == low && interval.high == high;
    };
    CHECK(is(Interval{}, 0, 0));
    CHECK((Affine{}.angle == 0 && Affine{}.scale == 1 && Affine{}.fill == 0));
    CHECK((Affine{}.translate == std::array<double, 2>{} && Affine{}.shear == std::array<double, 2>{}));
    const RandomAffine affine;
    CHECK((is(affine.degrees, 0, 0) && affine.translate == std::array<double, 2>{} && is(affine.scale, 1, 1)));
    CHECK((is(affine.shear, 0, 0) && is(affine.shear_y, 0, 0) && affine.fill == 0));
    CHECK((ElasticTransform{}.alpha == 50 && ElasticTransform{}.sigma == 5 && ElasticTransform{}.fill == 0));
    CHECK(RandomHorizontalFlip{}.p == 0.5);
    CHECK((RandomCrop{}.padding == 4 && RandomCrop{}.fill == 0));
    const RandomErasing erasing;
    CHECK((erasing.p == 0.5 && is(erasing.scale, 0.02, 0.33) && is(erasing.ratio, 0.3, 3.3) && erasing.value == 0));
    CHECK((GaussianNoise{}.mean == 0 && GaussianNoise{}.sigma == 0.1 && GaussianNoise{}.clip));
    CHECK(MixUp{}.alpha == 1);
}

TEST_CASE("Settings at the borders of what makes sense are taken") {
    const Dataset<Shape<1, 2, 2>> data;
    const auto takes = [&](const auto& transform) { CHECK_NOTHROW(augmented(data, transform)); };
    takes(RandomAffine{.degrees = {3, 3}});
    takes(RandomAffine{.translate = {1, 0}});
    takes(RandomAffine{.translate = {0, 1}});
    takes(ElasticTransform{.alpha = 1e6, .sigma = 16});
    takes(ElasticTransform{.alpha = -1e6});
    for (const double p : {0.0, 1.0}) {
        takes(RandomHorizontalFlip{.p = p});
        takes(RandomErasing{.p = p});
    }
    takes(RandomErasing{.scale = {0, 1}, .ratio = {1e-300, 1}});
    takes(GaussianNoise{.sigma = 0});
}

TEST_CASE("Settings that make no sense are refused") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const Dataset<Shape<1, 2, 2>> data;
    const auto refuses = [&](const auto& transform) {
        CHECK_THROWS_AS(augmented(data, transform), std::invalid_argument);
    };
    refuses(RandomAffine{.degrees = {3, -3}});
    refuses(RandomAffine{.degrees = nan});
    refuses(RandomAffine{.translate = {0.1, 1.5}});
    refuses(RandomAffine{.translate = {-0.1, 0}});
    refuses(RandomAffine{.scale = {0, 1}});
    refuses(RandomAffine{.scale = {1.1, 0.9}});
    refuses(RandomAffine{.shear = 90});
    refuses(RandomAffine{.shear_y = {-95, 0}});
    refuses(RandomAffine{.fill = nan});
    refuses(Affine{.scale = 0});
    refuses(Affine{.angle = nan});
    refuses(ElasticTransform{.sigma = 0});
    refuses(ElasticTransform{.sigma = 16.125});
    refuses(ElasticTransform{.alpha = nan});
    refuses(ElasticTransform{.alpha = 1.1e6});
    refuses(ElasticTransform{.alpha = -7e38});
    refuses(ElasticTransform{.fill = infinity});
    refuses(RandomHorizontalFlip{.p = 1.5});
    refuses(RandomHorizontalFlip{.p = -0.5});
    refuses(RandomCrop{.fill = nan});
    refuses(RandomCrop{.padding = 1'000'001});
    refuses(RandomCrop{.padding = std::numeric_limits<std::size_t>::max()});
    refuses(RandomErasing{.p = -1});
    refuses(RandomErasing{.p = 1.5});
    refuses(RandomErasing{.scale = {-0.1, 0.5}});
    refuses(RandomErasing{.scale = {0.1, 1.5}});
    refuses(RandomErasing{.ratio = {0, 1}});
    refuses(RandomErasing{.value = infinity});
    refuses(Normalize{.mean = {0}, .std = {0}});
    refuses(Normalize{.mean = {nan}, .std = {1}});
    refuses(Normalize<2>{.mean = {nan, 0}, .std = {1, 1}});
    refuses(Normalize<2>{.mean = {0, nan}, .std = {1, 1}});
    refuses(Normalize{.mean = {0}, .std = {nan}});
    refuses(Normalize{.mean = {0}, .std = {1e-46}});  // which is 0 as a float
    refuses(GaussianNoise{.sigma = -1});
    refuses(GaussianNoise{.sigma = nan});
    refuses(GaussianNoise{.mean = nan});
    CHECK_NOTHROW(augmented(data, RandomAffine{}, ElasticTransform{}, RandomHorizontalFlip{}, RandomCrop{},
                            RandomErasing{}, GaussianNoise{}, Normalize<>{.mean = {0}, .std = {1}}));
}

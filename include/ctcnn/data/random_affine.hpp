// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>
#include <ctcnn/data/interval.hpp>
#include <ctcnn/data/sample_bilinear.hpp>

namespace CTCNN_API {

/// Affine: a rotation about the centre of the image by `angle` degrees clockwise, a shear by degrees, a scaling, and a
/// translation by pixels, as one map.
/// As in    the parameters of torchvision.transforms.functional.affine
struct Affine {
    double angle = 0;
    std::array<double, 2> translate{};  ///< to the right, down
    double scale = 1;
    std::array<double, 2> shear{};  ///< along x, along y
    double fill = 0;

    /// What leads to places that are finite for images of any size.
    bool is_finite() const {
        for (const double element : inverse()) {
            if (!(std::abs(element) < 1e12)) {
                return false;
            }
        }
        return std::isfinite(fill);
    }
    void validate() const {
        if (!is_finite()) {
            throw std::invalid_argument(
                "Affine: the numbers are finite, the scale is not 0, and a shear is not one by 90 degrees");
        }
    }

    /// The matrix (2 x 3) that leads from a pixel of the result to a place in the image, both relative to the centre.
    std::array<double, 6> inverse() const {
        constexpr double radians = 3.14159265358979323846 / 180;
        const double rotation = angle * radians;
        const double shear_x = shear[0] * radians;
        const double shear_y = shear[1] * radians;
        const double a = std::cos(rotation - shear_y) / std::cos(shear_y);
        const double b = -a * std::tan(shear_x) - std::sin(rotation);
        const double c = std::sin(rotation - shear_y) / std::cos(shear_y);
        const double d = -c * std::tan(shear_x) + std::cos(rotation);
        const std::array<double, 4> m{d / scale, -b / scale, -c / scale, a / scale};
        return {m[0], m[1], -m[0] * translate[0] - m[1] * translate[1],
                m[2], m[3], -m[2] * translate[0] - m[3] * translate[1]};
    }

    template <typename S>
    static constexpr std::size_t scratch_size = detail_::Sampling<S, float>::scratch_size;

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom&,
                    std::span<T> scratch) const {
        using V = detail_::Lanes<T>;
        using Sampling = detail_::Sampling<S, T>;
        const std::array<double, 6> m = inverse();
        constexpr double center_x = (static_cast<double>(Sampling::width) - 1) / 2;
        constexpr double center_y = (static_cast<double>(Sampling::height) - 1) / 2;
        const auto all = [](double value) { return detail_::broadcast<V>(static_cast<T>(value)); };
        const V x_right = all(m[0]);
        const V x_down = all(m[1]);
        const V x_first = all(center_x + m[2] - m[0] * center_x - m[1] * center_y);
        const V y_right = all(m[3]);
        const V y_down = all(m[4]);
        const V y_first = all(center_y + m[5] - m[3] * center_x - m[4] * center_y);
        Sampling::apply(image.data(), result.data(), static_cast<T>(fill), scratch.data(), [=](std::size_t, V w, V h) {
            return std::array{multiply_add(w, x_right, multiply_add(h, x_down, x_first)),
                              multiply_add(w, y_right, multiply_add(h, y_down, y_first))};
        });
    }
};

/// RandomAffine: a random rotation, translation, scaling and shear, between pixels (bilinear).
///     RandomAffine{.degrees = 10, .translate = {0.1, 0.1}, .scale = {0.9, 1.1}, .shear = 5}
/// As in    torchvision.transforms.RandomAffine with InterpolationMode.BILINEAR; translations are whole pixels, as
///          there. At the border, torchvision mixes with `fill` twice; here, pixels outside the image are `fill`, as in
///          torchvision.transforms.functional.affine without fill.
struct RandomAffine {
    Interval degrees{};                 ///< of the rotation, clockwise; 10: from -10 to 10
    std::array<double, 2> translate{};  ///< at most, as a part of the width and of the height
    Interval scale{1, 1};
    Interval shear{};    ///< along x, in degrees
    Interval shear_y{};  ///< along y
    double fill = 0;

    void validate() const {
        degrees.validate("RandomAffine: degrees are a number, or an interval whose ends are finite and in order");
        shear.validate("RandomAffine: shear is a number, or an interval whose ends are finite and in order");
        shear_y.validate("RandomAffine: shear_y is a number, or an interval whose ends are finite and in order");
        scale.validate("RandomAffine: scale is an interval, such as {0.9, 1.1}");
        if (!(scale.low >= 1e-3)) {
            throw std::invalid_argument(
                "RandomAffine: scale is an interval of numbers of at least 0.001, such as {0.9, 1.1}");
        }
        for (const double end : {shear.low, shear.high, shear_y.low, shear_y.high}) {
            if (!(std::abs(end) <= 89)) {
                throw std::invalid_argument("RandomAffine: a shear is one by at most 89 degrees");
            }
        }
        if (!std::isfinite(fill)) {
            throw std::invalid_argument("RandomAffine: fill is finite");
        }
        for (const double part : translate) {
            if (!(part >= 0 && part <= 1)) {
                throw std::invalid_argument("RandomAffine: translate are two parts of the image, each from 0 to 1");
            }
        }
    }

    /// The map of one image.
    Affine draw(const ImageRandom& random, std::size_t height, std::size_t width) const {
        const auto shift = [](double uniform, double most) { return std::nearbyint(most * (2 * uniform - 1)); };
        const auto within = [](double uniform, Interval ends) { return ends.low + (ends.high - ends.low) * uniform; };
        const std::array<double, 4> first = random.uniforms(0);
        const std::array<double, 4> second = random.uniforms(1);
        return {.angle = within(first[0], degrees),
                .translate = {shift(first[1], translate[0] * static_cast<double>(width)),
                              shift(first[2], translate[1] * static_cast<double>(height))},
                .scale = within(first[3], scale),
                .shear = {within(second[0], shear), within(second[1], shear_y)},
                .fill = fill};
    }

    template <typename S>
    static constexpr std::size_t scratch_size = Affine::scratch_size<S>;

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random,
                    std::span<T> scratch) const {
        draw(random, S::dims[S::rank - 2], S::dims[S::rank - 1])(image, result, random, scratch);
    }
};

}  // namespace CTCNN_API

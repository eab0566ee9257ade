// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>

namespace CTCNN_DETAIL {

/// Drawing: how much ink the pixels of an image have, 0 to 1.
template <typename T>
class Drawing {
public:
    constexpr Drawing(std::span<const T> pixels, std::size_t height, std::size_t width)
        : pixels_(pixels), width_(width) {
        constexpr double least_contrast = 1.0 / 16;
        double low = std::numeric_limits<double>::infinity();
        double high = -low;
        for (const T pixel : pixels) {
            const double value = static_cast<double>(pixel);
            low = value < low ? value : low;  // NaN is neither
            high = value > high ? value : high;
        }
        if (!(high - low >= least_contrast)) {
            return;
        }
        // Most of the border is paper.
        std::array<double, 2> sums{};  // of its dark pixels, and of its light ones
        std::array<std::size_t, 2> counts{};
        for (std::size_t n = 0; n < pixels.size(); ++n) {
            const std::size_t h = n / width;
            const std::size_t w = n % width;
            const double value = static_cast<double>(pixels[n]);
            if (value >= low && (h == 0 || h + 1 == height || w == 0 || w + 1 == width)) {
                const std::size_t side = value > (low + high) / 2 ? 1 : 0;
                sums[side] += value;
                ++counts[side];
            }
        }
        const std::size_t paper = counts[1] >= counts[0] ? 1 : 0;
        if (counts[paper] != 0) {
            paper_ = sums[paper] / static_cast<double>(counts[paper]);
            range_ = (paper == 1 ? low : high) - paper_;
        }
    }

    constexpr double operator()(std::size_t h, std::size_t w) const {
        constexpr double still_paper = 0.1;
        const double ink = (static_cast<double>(pixels_[h * width_ + w]) - paper_) / range_;
        return ink > still_paper ? ink : 0;
    }

private:
    std::span<const T> pixels_;
    std::size_t width_;
    double paper_ = 0;
    double range_ = std::numeric_limits<double>::infinity();  // no pixel has ink
};

/// Crop: the pixels of an image from a row and a column on.
struct Crop {
    std::size_t top;
    std::size_t left;
    std::size_t height;
    std::size_t width;
};

/// What has ink; nothing has 0 rows.
template <typename T>
constexpr Crop crop_of(const Drawing<T>& drawing, std::size_t height, std::size_t width) {
    std::size_t top = height;
    std::size_t left = width;
    std::size_t bottom = 0;
    std::size_t right = 0;
    for (std::size_t h = 0; h < height; ++h) {
        for (std::size_t w = 0; w < width; ++w) {
            if (drawing(h, w) > 0) {
                top = std::min(top, h);
                bottom = h + 1;
                left = std::min(left, w);
                right = std::max(right, w + 1);
            }
        }
    }
    return bottom == 0 ? Crop{0, 0, 0, 0} : Crop{top, left, bottom - top, right - left};
}

/// The mean ink of the part (h, w) of a crop that is divided into rows x columns parts. In each direction, a pixel of
/// the crop is as many units long as there are parts, and a part as many as there are pixels.
template <typename T>
constexpr double mean_ink(const Drawing<T>& drawing, const Crop& crop, std::size_t rows, std::size_t columns,
                          std::size_t h, std::size_t w) {
    const auto common = [](std::size_t part, std::size_t pixels, std::size_t pixel, std::size_t parts) {
        return static_cast<double>(std::min((part + 1) * pixels, (pixel + 1) * parts) -
                                   std::max(part * pixels, pixel * parts));
    };
    double sum = 0;
    for (std::size_t y = h * crop.height / rows; y * rows < (h + 1) * crop.height; ++y) {
        double row = 0;
        for (std::size_t x = w * crop.width / columns; x * columns < (w + 1) * crop.width; ++x) {
            row += common(w, crop.width, x, columns) * drawing(crop.top + y, crop.left + x);
        }
        sum += common(h, crop.height, y, rows) * row;
    }
    return sum / (static_cast<double>(crop.height) * static_cast<double>(crop.width));
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// centred_digit: a drawing of any size as an image of MNIST. Nothing where nothing is drawn: where the lightest and
/// the darkest pixel differ by less than 1/16.
///   1. Most pixels of the border are paper, light or dark. Ink is the distance from the paper's mean: 1 at the other
///      end of what the image has, and 0 where it is at most a tenth.
///   2. What has ink is cropped and scaled to a box of 20 x 20 pixels, or of `box`. The ratio of height and width
///      stays, and each pixel is the mean over the area that it covers. The largest one becomes 1.
///   3. It is placed so that its centre of mass is as near to pixel (14, 14) as the box allows.
/// A pixel that is NaN is paper.
/// Shapes   (height, width), row by row -> (1, 28, 28)
/// Refuses  std::invalid_argument if there are not height x width pixels, or the box is not 1 to 28
/// Source   LeCun, Cortes, Burges, "The MNIST database of handwritten digits": box, aspect ratio and centre of mass
template <std::floating_point T = float>
constexpr std::optional<Tensor<T, Shape<1, 28, 28>>> centred_digit(std::type_identity_t<std::span<const T>> pixels,
                                                                   std::size_t height, std::size_t width,
                                                                   std::size_t box = 20) {
    constexpr std::size_t side = 28;
    if (width != 0 ? pixels.size() % width != 0 || pixels.size() / width != height : !pixels.empty()) {
        throw std::invalid_argument("centred_digit: there must be height x width pixels");
    }
    if (box == 0 || box > side) {
        throw std::invalid_argument("centred_digit: the box has 1 to 28 pixels in each direction");
    }
    if (pixels.empty()) {
        return {};
    }
    const detail_::Drawing<T> drawing(pixels, height, width);
    const detail_::Crop crop = detail_::crop_of(drawing, height, width);
    if (crop.height == 0) {
        return {};
    }
    const std::size_t longest = std::max(crop.height, crop.width);
    const auto scaled = [&](std::size_t size) {
        return std::max<std::size_t>(1, (2 * size * box + longest) / (2 * longest));
    };
    const std::size_t rows = scaled(crop.height);
    const std::size_t columns = scaled(crop.width);
    std::array<double, side * side> means{};
    double largest = 0;
    double mass = 0;
    double moment_h = 0;
    double moment_w = 0;
    for (std::size_t h = 0; h < rows; ++h) {
        for (std::size_t w = 0; w < columns; ++w) {
            const double mean = detail_::mean_ink(drawing, crop, rows, columns, h, w);
            means[h * columns + w] = mean;
            largest = std::max(largest, mean);
            mass += mean;
            moment_h += mean * static_cast<double>(h);
            moment_w += mean * static_cast<double>(w);
        }
    }
    const auto first = [&](double centre, std::size_t size) {
        const double wanted = static_cast<double>(side) / 2 - centre;
        return static_cast<std::size_t>(std::clamp(wanted, 0.0, static_cast<double>(side - size)) + 0.5);
    };
    const std::size_t top = first(moment_h / mass, rows);
    const std::size_t left = first(moment_w / mass, columns);
    Tensor<T, Shape<1, side, side>> image{};
    for (std::size_t h = 0; h < rows; ++h) {
        for (std::size_t w = 0; w < columns; ++w) {
            image(0, top + h, left + w) = static_cast<T>(means[h * columns + w] / largest);
        }
    }
    return image;
}

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>
#include <ctcnn/data/sample_bilinear.hpp>

namespace CTCNN_DETAIL {

/// The index that an axis of `size` elements has at a place outside, where it goes on mirrored at its ends, which are
/// not repeated.
constexpr std::size_t reflected(std::ptrdiff_t place, std::size_t size) {
    const auto last = static_cast<std::ptrdiff_t>(size) - 1;
    while (place < 0 || place > last) {
        place = last == 0 ? 0 : place < 0 ? -place : 2 * last - place;
    }
    return static_cast<std::size_t>(place);
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// ElasticTransform: moves each pixel by a random displacement that varies smoothly: uniform numbers in (-1, 1),
/// smoothed by a Gaussian of `sigma` pixels, times alpha / 2 pixels.
/// As in    torchvision.transforms.ElasticTransform for square images; for others, it multiplies displacements along x
///          by width / height, and those along y by height / width.
///          At the border, torchvision mixes with `fill` twice; here, pixels outside the image are `fill`, as in
///          torchvision.transforms.functional.elastic_transform without fill.
/// Source   Simard, Steinkraus, Platt, ICDAR 2003
struct ElasticTransform {
    double alpha = 50;
    double sigma = 5;
    double fill = 0;

    static constexpr std::size_t largest_radius = 64;  ///< of the Gaussian, which is 4 sigma

    /// Two displacements of each pixel, a register more, and the same half smoothed or the image with a border.
    template <typename S>
    static constexpr std::size_t scratch_size =
        2 * S::dims[1] * S::dims[2] + 32 + std::max(S::dims[1] * S::dims[2], detail_::Sampling<S, float>::scratch_size);

    void validate() const {
        if (!(std::abs(alpha) <= 1e6 && sigma > 0 && 4 * sigma <= static_cast<double>(largest_radius))) {
            throw std::invalid_argument(
                "ElasticTransform: alpha is from -1e6 to 1e6, and sigma is above 0 and at most 16");
        }
        if (!std::isfinite(fill)) {
            throw std::invalid_argument("ElasticTransform: fill is finite");
        }
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random,
                    std::span<T> scratch) const {
        constexpr std::size_t size = S::dims[1] * S::dims[2];
        T* const x = scratch.data();
        T* const y = x + size;
        T* const rest = y + size + 16;
        for (std::size_t first = 0; first < 2 * size; first += 4) {
            const std::array<std::uint32_t, 4> bits = random.block(first / 4);
            for (std::size_t n = 0; n < std::min<std::size_t>(4, 2 * size - first); ++n) {
                x[first + n] = static_cast<T>(static_cast<std::int32_t>(bits[n] >> 8)) * static_cast<T>(0x1p-23) - 1;
            }
        }
        std::fill(y + size, rest, T(0));
        smooth<S>(2, x, rest);
        displace(image, result, x, y, rest);
    }

    /// The image at places that are displaced by alpha / 2 times these numbers, to the right and down. Of each, a
    /// register more is read, which is finite, too.
    template <typename T, typename S>
    void displace(TensorView<const T, S> image, TensorView<T, S> result, const T* right, const T* down,
                  T* scratch) const {
        using V = detail_::Lanes<T>;
        const V scale = detail_::broadcast<V>(static_cast<T>(alpha / 2));
        detail_::Sampling<S, T>::apply(image.data(), result.data(), static_cast<T>(fill), scratch,
                                       [=](std::size_t first, V w, V h) {
                                           return std::array{multiply_add(V::load(right + first), scale, w),
                                                             multiply_add(V::load(down + first), scale, h)};
                                       });
    }

    /// Smooths planes by a Gaussian, rows and then columns; mirrored at their borders.
    /// As in    torchvision.transforms.functional.gaussian_blur with a kernel of 8 sigma + 1
    template <typename S, typename T>
    void smooth(std::size_t planes, T* numbers, T* scratch) const {
        constexpr std::size_t height = S::dims[1];
        constexpr std::size_t width = S::dims[2];
        const auto length = static_cast<std::size_t>(8 * sigma + 1);
        const std::size_t radius = (length + (length % 2 == 0 ? 1 : 0)) / 2;
        std::array<T, 2 * largest_radius + 1> weights{};
        double sum = 0;
        for (std::size_t n = 0; n <= radius; ++n) {
            const double distance = static_cast<double>(n) / sigma;
            const double weight = std::exp(-0.5 * distance * distance);
            weights[radius - n] = weights[radius + n] = static_cast<T>(weight);
            sum += n == 0 ? weight : 2 * weight;
        }
        for (T& weight : weights) {
            weight /= static_cast<T>(sum);
        }
        // Where the elements of an axis lie that goes on, mirrored, on both sides.
        std::array<std::uint32_t, std::max(height, width) + 2 * largest_radius> place{};
        const auto mirror = [&place, radius](std::size_t size) {
            for (std::size_t n = 0; n < size + 2 * radius; ++n) {
                place[n] = static_cast<std::uint32_t>(
                    detail_::reflected(static_cast<std::ptrdiff_t>(n) - static_cast<std::ptrdiff_t>(radius), size));
            }
        };
        std::array<T, width + 2 * largest_radius + 16> longer{};
        for (T* plane = numbers; plane != numbers + planes * height * width; plane += height * width) {
            mirror(width);
            for (std::size_t h = 0; h < height; ++h) {
                for (std::size_t n = 0; n < width + 2 * radius; ++n) {
                    longer[n] = plane[h * width + place[n]];
                }
                add<width>(weights.data(), 2 * radius + 1, scratch + h * width,
                           [&longer](std::size_t n) { return longer.data() + n; });
            }
            mirror(height);
            for (std::size_t h = 0; h < height; ++h) {
                add<width>(weights.data(), 2 * radius + 1, plane + h * width,
                           [&](std::size_t n) { return scratch + place[h + n] * width; });
            }
        }
    }

private:
    /// A row that is the sum of others, each with its weight. Of each, up to a register more is read.
    template <std::size_t Width, typename T, typename Row>
    static void add(const T* weights, std::size_t count, T* result, const Row& row) {
        using V = detail_::Lanes<T>;
        for (std::size_t w = 0; w < Width; w += V::count) {
            V sum{};
            for (std::size_t n = 0; n < count; ++n) {
                sum = multiply_add(detail_::broadcast<V>(weights[n]), V::load(row(n) + w), sum);
            }
            if (w + V::count <= Width) {
                sum.store(result + w);
            } else {
                std::memcpy(result + w, &sum.vector, (Width - w) * sizeof(T));
            }
        }
    }
};

}  // namespace CTCNN_API

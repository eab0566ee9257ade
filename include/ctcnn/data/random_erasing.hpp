// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <stdexcept>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>
#include <ctcnn/data/interval.hpp>

namespace CTCNN_API {

/// RandomErasing: sets a random rectangle of an image to `value` with probability p.
/// As in    torchvision.transforms.RandomErasing        Source  Zhong, Zheng, Kang, Li, Yang, AAAI 2020
struct RandomErasing {
    double p = 0.5;
    Interval scale{0.02, 0.33};  ///< of the area of the rectangle, as a part of the image's
    Interval ratio{0.3, 3.3};    ///< of its height to its width
    double value = 0;

    /// Rectangle: the first row and column, and how many there are.
    struct Rectangle {
        std::size_t top;
        std::size_t left;
        std::size_t height;
        std::size_t width;
    };

    void validate() const {
        if (!(p >= 0 && p <= 1)) {
            throw std::invalid_argument("RandomErasing: p is a probability, from 0 to 1");
        }
        scale.validate("RandomErasing: scale is an interval, such as {0.02, 0.33}");
        ratio.validate("RandomErasing: ratio is an interval, such as {0.3, 3.3}");
        if (!(scale.low >= 0 && scale.high <= 1)) {
            throw std::invalid_argument("RandomErasing: scale is a part of the image's area, from 0 to 1");
        }
        if (!(ratio.low > 0)) {
            throw std::invalid_argument("RandomErasing: ratio is an interval of numbers above 0");
        }
        if (!std::isfinite(value)) {
            throw std::invalid_argument("RandomErasing: value is finite");
        }
    }

    /// The rectangle of one image. None where p says so, or where ten that were drawn are too large.
    std::optional<Rectangle> draw(const ImageRandom& random, std::size_t rows, std::size_t columns) const {
        if (random.uniform(0) >= p) {
            return {};
        }
        for (std::size_t n = 1; n <= 10; ++n) {
            const double area = static_cast<double>(rows * columns) * random.uniform(4 * n, scale.low, scale.high);
            const double aspect = std::exp(random.uniform(4 * n + 1, std::log(ratio.low), std::log(ratio.high)));
            const auto height = static_cast<std::size_t>(std::nearbyint(std::sqrt(area * aspect)));
            const auto width = static_cast<std::size_t>(std::nearbyint(std::sqrt(area / aspect)));
            if (height < rows && width < columns) {
                return Rectangle{random.below(4 * n + 2, rows - height + 1),
                                 random.below(4 * n + 3, columns - width + 1), height, width};
            }
        }
        return {};
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random) const {
        static_assert(S::rank == 3, "RandomErasing takes images, of Shape<C, H, W>");
        if constexpr (S::rank == 3) {
            std::copy_n(image.data(), S::size, result.data());
            const auto drawn = draw(random, S::dims[1], S::dims[2]);
            if (drawn && drawn->width != 0) {  // an empty one may begin behind the last column
                for (std::size_t c = 0; c < S::dims[0]; ++c) {
                    for (std::size_t h = drawn->top; h < drawn->top + drawn->height; ++h) {
                        std::fill_n(&result(c, h, drawn->left), drawn->width, static_cast<T>(value));
                    }
                }
            }
        }
    }
};

}  // namespace CTCNN_API

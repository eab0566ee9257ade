// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>

namespace CTCNN_API {

/// RandomCrop: a part of the padded image, of the size of the image, at a random place.
/// As in    torchvision.transforms.RandomCrop(size of the image, padding, fill=fill)
struct RandomCrop {
    std::size_t padding = 4;  ///< on each side
    double fill = 0;

    void validate() const {
        if (!std::isfinite(fill)) {
            throw std::invalid_argument("RandomCrop: fill is finite");
        }
        if (padding > 1'000'000) {  // The sizes of the padded image are random numbers of 32 bits.
            throw std::invalid_argument("RandomCrop: padding is at most 1,000,000 pixels");
        }
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random) const {
        static_assert(S::rank == 3, "RandomCrop takes images, of Shape<C, H, W>");
        if constexpr (S::rank == 3) {
            apply(image, result, random.below(0, 2 * padding + 1), random.below(1, 2 * padding + 1));
        }
    }

    /// The part that begins in this row and column of the padded image.
    template <typename T, typename S>
    void apply(TensorView<const T, S> image, TensorView<T, S> result, std::size_t top, std::size_t left) const {
        constexpr std::size_t height = S::dims[1];
        constexpr std::size_t width = S::dims[2];
        std::fill_n(result.data(), S::size, static_cast<T>(fill));
        // Rows and columns of the result that lie in the image: from `first` on, and before `end`.
        const auto first = [this](std::size_t from) { return from < padding ? padding - from : 0; };
        const auto end = [this](std::size_t from, std::size_t size) {
            return from < padding ? size : size - std::min(size, from - padding);
        };
        const std::size_t begin = std::min(first(left), width);
        const std::size_t count = end(left, width) - std::min(begin, end(left, width));
        for (std::size_t c = 0; c < S::dims[0]; ++c) {
            for (std::size_t h = first(top); count != 0 && h < end(top, height); ++h) {
                const T* row = image.data() + (c * height + h + top - padding) * width;
                std::copy_n(row + (begin + left - padding), count, result.data() + (c * height + h) * width + begin);
            }
        }
    }
};

}  // namespace CTCNN_API

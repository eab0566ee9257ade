// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>

namespace CTCNN_API {

/// RandomHorizontalFlip: mirrors the rows of an image with probability p.
/// As in    torchvision.transforms.RandomHorizontalFlip
struct RandomHorizontalFlip {
    double p = 0.5;

    void validate() const {
        if (!(p >= 0 && p <= 1)) {
            throw std::invalid_argument("RandomHorizontalFlip: p is a probability, from 0 to 1");
        }
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random) const {
        static_assert(S::rank == 3, "RandomHorizontalFlip takes images, of Shape<C, H, W>");
        constexpr std::size_t width = S::dims[S::rank - 1];
        const bool flips = random.uniform(0) < p;
        for (std::size_t row = 0; row < S::size; row += width) {
            const T* source = image.data() + row;
            if (flips) {
                std::reverse_copy(source, source + width, result.data() + row);
            } else {
                std::copy(source, source + width, result.data() + row);
            }
        }
    }
};

}  // namespace CTCNN_API

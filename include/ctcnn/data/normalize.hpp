// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <stdexcept>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>

namespace CTCNN_API {

/// Normalize: subtracts the mean of each channel and divides by its standard deviation.
///     Normalize<3>{.mean = {0.4914, 0.4822, 0.4465}, .std = {0.2470, 0.2435, 0.2616}}
/// With one mean and one std, they are those of all channels.
/// As in    torchvision.transforms.Normalize
template <std::size_t C = 1>
struct Normalize {
    std::array<double, C> mean;
    std::array<double, C> std;

    void validate() const {
        for (std::size_t c = 0; c < C; ++c) {
            // A float must hold std, too.
            if (!(std::isfinite(mean[c]) && std::isfinite(std[c]) && static_cast<float>(std[c]) > 0)) {
                throw std::invalid_argument("Normalize: each mean is finite, and each std is finite and above 0");
            }
        }
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom&) const {
        static_assert(C == 1 || C == S::dims[0],
                      "Normalize<C> has one mean and one std for each channel of the images, or one for all");
        constexpr std::size_t channel = S::size / C;
        for (std::size_t c = 0; c < C; ++c) {
            for (std::size_t n = c * channel; n < (c + 1) * channel; ++n) {
                result.data()[n] = (image.data()[n] - static_cast<T>(mean[c])) / static_cast<T>(std[c]);
            }
        }
    }
};

}  // namespace CTCNN_API

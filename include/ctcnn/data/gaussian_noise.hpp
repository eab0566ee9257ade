// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/image_random.hpp>
#include <ctcnn/data/sample_bilinear.hpp>

namespace CTCNN_DETAIL {

/// Two independent normal numbers from two uniform ones, u in (0, 1] and v in [0, 1), within 1e-5. Source: Box, Muller,
/// Ann. Math. Statist. 29 (1958) 610.
template <typename V>
[[gnu::always_inline]] inline std::array<V, 2> normal_pair(V u, V v) {
    using T = typename V::scalar;
    const V radius = math::processor_sqrt(broadcast<V>(-2) * math::log(u));
    // sin and cos of x in [-pi, pi): Taylor's polynomials. The point opposite to the angle 2 pi v is as good as that.
    const V x = (v - broadcast<V>(T(0.5))) * broadcast<V>(static_cast<T>(6.283185307179586));
    const V square = x * x;
    V sine = broadcast<V>(1);
    V cosine = broadcast<V>(1);
    for (int n = 18; n >= 2; n -= 2) {
        sine = multiply_add(sine * square, broadcast<V>(static_cast<T>(-1.0 / (n * (n + 1)))), broadcast<V>(1));
        cosine = multiply_add(cosine * square, broadcast<V>(static_cast<T>(-1.0 / (n * (n - 1)))), broadcast<V>(1));
    }
    return {radius * cosine, radius * (x * sine)};
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// GaussianNoise: adds to each pixel a normal number of this mean and standard deviation; with clip, pixels stay in
/// [0, 1].
/// As in    torchvision.transforms.v2.GaussianNoise
struct GaussianNoise {
    double mean = 0;
    double sigma = 0.1;
    bool clip = true;

    void validate() const {
        if (!(std::isfinite(mean) && std::isfinite(sigma) && sigma >= 0)) {
            throw std::invalid_argument("GaussianNoise: mean is finite, and sigma is finite and not below 0");
        }
    }

    template <typename T, typename S>
    void operator()(TensorView<const T, S> image, TensorView<T, S> result, const ImageRandom& random) const {
        using V = detail_::Lanes<T>;
        // Two uniform numbers make two normal ones: those of the pixels n and 16 + n of 32, whatever a register holds.
        constexpr std::size_t half = 16;
        static_assert(half % V::count == 0);
        for (std::size_t first = 0; first < S::size; first += 2 * half) {
            std::array<T, 2 * half> numbers;
            for (std::size_t n = 0; n < 2 * half; n += 4) {
                const std::array<std::uint32_t, 4> bits = random.block((first + n) / 4);
                for (std::size_t i = 0; i < 4; ++i) {
                    numbers[n + i] = static_cast<T>(static_cast<std::int32_t>(bits[i] >> 8)) * static_cast<T>(0x1p-24);
                }
            }
            for (T* pair = numbers.data(); pair != numbers.data() + half; pair += V::count) {
                const V u = V::load(pair) + detail_::broadcast<V>(static_cast<T>(0x1p-24));
                const std::array<V, 2> normal = detail_::normal_pair(u, V::load(pair + half));
                normal[0].store(pair);
                normal[1].store(pair + half);
            }
            for (std::size_t n = 0; n < std::min(2 * half, S::size - first); ++n) {
                const T noisy = image.data()[first + n] + (static_cast<T>(mean) + static_cast<T>(sigma) * numbers[n]);
                result.data()[first + n] = clip ? detail_::at_most(detail_::at_least(noisy, T(0)), T(1)) : noisy;
            }
        }
    }
};

}  // namespace CTCNN_API

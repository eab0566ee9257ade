// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

// Each channel is normalised with its mean and variance: those of the whole batch in training, running ones in
// inference. Of a tile, a channel's mean and the sum of squared deviations from it are taken; those of the tiles are
// combined in double, in a fixed order.
// Source   Ioffe and Szegedy, "Batch normalization", ICML 2015; Chan, Golub, LeVeque, "Algorithms for computing the
//          sample variance", The American Statistician 37 (1983)
namespace CTCNN_DETAIL::kernels {

namespace detail {
/// Two sums that are computed side by side, so that what both are made of is read once.
template <Number V>
struct TwoSums {
    V first{};
    V second{};

    friend constexpr TwoSums operator+(TwoSums a, TwoSums b) { return {a.first + b.first, a.second + b.second}; }
};

/// The sum of term(h, w) over an image.
template <typename L, typename V, typename Term>
[[gnu::always_inline]] constexpr V sum_of_pixels(const Term& term) {
    return pairwise_sum<V>(0, L::height, [&](V rows, std::size_t h) __attribute__((always_inline)) {
        V sums[4]{};
        std::size_t w = 0;
        for (; w + 4 <= L::width; w += 4) {
            for (std::size_t n = 0; n < 4; ++n) {
                sums[n] = sums[n] + term(h, w + n);
            }
        }
        for (; w < L::width; ++w) {
            sums[0] = sums[0] + term(h, w);
        }
        return rows + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
    });
}
}  // namespace detail

/// Of each channel of a range, the mean and the sum of squared deviations over the images that are present: lanes where
/// `present` is 1.
/// Layouts  statistics (C, 2)
template <typename Stage>
[[gnu::noinline]] constexpr void tile_moments(const typename Stage::V* input, typename Stage::V present,
                                              std::size_t images, typename Stage::T* statistics,
                                              Range channels = {0, Stage::In::channels}) {
    using In = typename Stage::In;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    const T count = static_cast<T>(images * In::height * In::width);
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        const V* plane = input + In::offset(c, 0, 0);
        const V sum = detail::sum_of_pixels<In, V>(
            [&](std::size_t h, std::size_t w) __attribute__((always_inline)) { return plane[h * In::row + w]; });
        const T mean = sum_lanes(sum * present) / count;
        const V center = broadcast<V>(mean);
        const V squares =
            detail::sum_of_pixels<In, V>([&](std::size_t h, std::size_t w) __attribute__((always_inline)) {
                const V deviation = plane[h * In::row + w] - center;
                return deviation * deviation;
            });
        statistics[2 * c] = mean;
        statistics[2 * c + 1] = sum_lanes(squares * present);
    }
}

/// Of each channel of a range, output = f(scale(c) * input + shift(c)).
/// Layouts  scale, shift: functions of the channel
template <typename Stage, typename Scale, typename Shift>
[[gnu::always_inline]] constexpr void scale_and_shift(const typename Stage::V* input, typename Stage::V* output,
                                                      const Scale& scale, const Shift& shift,
                                                      Range channels = {0, Stage::In::channels}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        const V factor = broadcast<V>(scale(c));
        const V offset = broadcast<V>(shift(c));
        for (std::size_t h = 0; h < In::height; ++h) {
            const V* from = input + In::offset(c, h, 0);
            V* to = output + Out::offset(c, h, 0);
            for (std::size_t w = 0; w < In::width; ++w) {
                to[w] = Stage::Function::forward(multiply_add(factor, from[w], offset));
            }
        }
    }
}

/// Of each channel of a range, the sums of the gradient and of gradient times normalised input, over all lanes.
/// Layouts  statistics (C, 2): mean, 1 / deviation; sums (C, 2)
template <typename Stage>
[[gnu::noinline]] constexpr void normalised_sums(const typename Stage::T* statistics, const typename Stage::V* input,
                                                 const typename Stage::V* grad_output, typename Stage::T* sums,
                                                 Range channels = {0, Stage::In::channels}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        const V* x = input + In::offset(c, 0, 0);
        const V* g = grad_output + Out::offset(c, 0, 0);
        const V mean = broadcast<V>(statistics[2 * c]);
        const auto both = detail::sum_of_pixels<In, detail::TwoSums<V>>(
            [&](std::size_t h, std::size_t w) __attribute__((always_inline)) {
                const V gradient = g[h * Out::row + w];
                return detail::TwoSums<V>{gradient, gradient * (x[h * In::row + w] - mean)};
            });
        sums[2 * c] = sum_lanes(both.first);
        sums[2 * c + 1] = sum_lanes(both.second) * statistics[2 * c + 1];
    }
}

/// The gradient with respect to the input: weight / deviation * (g - mean(g) - x' * mean(g * x')), where x' is the
/// normalised input and the means are over the batch; 0 in padding lanes. `grad_input` holds the input when the call
/// begins.
template <typename Stage, typename Weight>
[[gnu::noinline]] constexpr void normalised_backward(const typename Stage::T* statistics, const typename Stage::T* sums,
                                                     const Weight& weight, std::size_t count, typename Stage::V present,
                                                     typename Stage::V* grad_input,
                                                     const typename Stage::V* grad_output,
                                                     Range channels = {0, Stage::In::channels}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = scalar_t<V>;
    const T share = T(1) / static_cast<T>(count);
    for (std::size_t c = channels.first; c < channels.last; ++c) {
        const T inverse = statistics[2 * c + 1];
        const V mean = broadcast<V>(statistics[2 * c]);
        const V factor = broadcast<V>(weight(c) * inverse) * present;
        const V mean_gradient = broadcast<V>(sums[2 * c] * share);
        const V slope = broadcast<V>(sums[2 * c + 1] * share * inverse);
        for (std::size_t h = 0; h < In::height; ++h) {
            V* x = grad_input + In::offset(c, h, 0);
            const V* g = grad_output + Out::offset(c, h, 0);
            for (std::size_t w = 0; w < In::width; ++w) {
                const V gradient = factor * ((g[w] - mean_gradient) - (x[w] - mean) * slope);
                x[w] = Stage::Function::backward(x[w], gradient);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

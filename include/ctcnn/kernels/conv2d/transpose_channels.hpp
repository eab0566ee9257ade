// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// A pixel's channels, as many as there are lanes, or the last `count` and zeros, of channels that lie `Plane` apart:
/// from an image in each lane to a vector of channels of each image, or of each pair of neighbouring images where
/// Factors are pairs. The vectors lie `Next` apart.
template <typename Factor, std::size_t Plane, std::size_t Next, Number V = sum_t<Factor>>
[[gnu::always_inline]] inline void transpose_channels(const V* channels, std::size_t count, V* vectors) {
    constexpr std::size_t rows = lane_count<V> / terms<Factor>;
    const auto channel = [&](std::size_t i)
                             __attribute__((always_inline)) { return i < count ? channels[i * Plane] : V{}; };
    std::array<V, rows> block;
    unroll<rows>([&](std::size_t i) __attribute__((always_inline)) {
        if constexpr (terms<Factor> == 2) {
            block[i] = Factor::round(channel(i), channel(i + rows));
        } else {
            block[i] = channel(i);
        }
    });
    if constexpr (terms<Factor> == 2) {
        transpose_halves(block);
    } else {
        transpose(block);
    }
    unroll<rows>([&](std::size_t i) __attribute__((always_inline)) { vectors[i * Next] = block[i]; });
}

}  // namespace CTCNN_DETAIL::kernels::conv2d

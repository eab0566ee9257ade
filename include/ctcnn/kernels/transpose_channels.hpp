// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels {

/// As many channels as there are lanes, or the last `count` and zeros, of channels that lie `apart` vectors apart: from
/// an image in each lane to a vector of channels of each image, or of each pair of neighbouring images where Factors
/// are pairs. The vectors begin `length` numbers apart. They may lie where the channels lie. Not inlined: it is the
/// same for every layer.
template <typename Factor, Number V = sum_t<Factor>>
[[gnu::noinline]] inline void transpose_channels(const V* channels, std::size_t apart, std::size_t count,
                                                 scalar_t<V>* vectors, std::size_t length) {
    constexpr std::size_t rows = lane_count<V> / terms<Factor>;
    V filled_up[lane_count<V>];
    if (count < lane_count<V>) {
        for (std::size_t i = 0; i < rolled_lane_count<V>(); ++i) {
            filled_up[i] = i < count ? channels[i * apart] : V{};
        }
        channels = filled_up;
        apart = 1;
    }
    std::array<V, rows> block;
    unroll<rows>([&](std::size_t i) __attribute__((always_inline)) {
        if constexpr (terms<Factor> == 2) {
            block[i] = Factor::round(channels[i * apart], channels[(i + rows) * apart]);
        } else {
            block[i] = channels[i * apart];
        }
    });
    if constexpr (terms<Factor> == 2) {
        transpose_halves(block);
    } else {
        transpose(block);
    }
    unroll<rows>([&](std::size_t i) __attribute__((always_inline)) { block[i].store(vectors + i * length); });
}

}  // namespace CTCNN_DETAIL::kernels

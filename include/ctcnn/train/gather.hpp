// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shuffle.hpp>

namespace ctcnn::train {

namespace detail {
/// One row of pixels of all lanes' images: N pixels at a time are read from each image and turned round.
template <std::size_t Width, typename V>
constexpr void gather_row(const std::array<const scalar_t<V>*, lane_count<V>>& images, std::size_t offset, V* target) {
    constexpr std::size_t lanes = lane_count<V>;
    if constexpr (is_lanes<V> && Width >= lanes) {
        for (std::size_t w = 0; w < Width; w += lanes) {
            // The last block overlaps the one before it where the width is no multiple.
            const std::size_t first = w + lanes <= Width ? w : Width - lanes;
            std::array<V, lanes> block;
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                block[lane] = V::load(images[lane] + offset + first);
            }
            transpose(block);
            for (std::size_t i = 0; i < lanes; ++i) {
                target[first + i] = block[i];
            }
        }
    } else {
        for (std::size_t w = 0; w < Width; ++w) {
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                set_lane(target[w], lane, images[lane][offset + w]);
            }
        }
    }
}
}  // namespace detail

/// Brings one image into each lane of a buffer. The border stays as it is.
/// Layouts  images (C, H, W) without border; buffer L
template <typename L, Number V>
constexpr void gather(const std::array<const scalar_t<V>*, lane_count<V>>& images, V* buffer) {
    if constexpr (L::border == Extent{0, 0}) {
        detail::gather_row<L::size>(images, 0, buffer);
    } else {
        for (std::size_t c = 0; c < L::channels; ++c) {
            for (std::size_t h = 0; h < L::height; ++h) {
                detail::gather_row<L::width>(images, (c * L::height + h) * L::width, buffer + L::offset(c, h, 0));
            }
        }
    }
}

}  // namespace ctcnn::train

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// BlockedLayout: where the elements of an image lie in a buffer of a prepared network: [C/Count][H][W][Count], blocks
/// of Count channels, so that a vector holds neighbouring channels of one pixel. Channels that fill the last block up
/// are zero. Around each block is a border of zeros: the padding of the reader, and at the bottom and at the right as
/// much more as it needs to work in whole tiles. A plane has one vector more where planes would share a few sets of the
/// cache.
template <std::size_t Count, std::size_t Channels, std::size_t Height, std::size_t Width, std::size_t BorderHeight = 0,
          std::size_t BorderWidth = 0, std::size_t MoreRows = 0, std::size_t MoreColumns = 0>
struct BlockedLayout {
    static constexpr std::size_t count = Count;  // channels of a block
    static constexpr std::size_t channels = Channels;
    static constexpr std::size_t height = Height;
    static constexpr std::size_t width = Width;
    static constexpr Extent border{BorderHeight, BorderWidth};

    static constexpr std::size_t blocks = (Channels + Count - 1) / Count;
    static constexpr std::size_t row = (Width + 2 * BorderWidth + MoreColumns) * Count;  // elements from row to row
    static constexpr std::size_t rows = Height + 2 * BorderHeight + MoreRows;
    /// Elements from a block to the next.
    static constexpr std::size_t plane =
        rows * row + (blocks > 1 && rows * row * sizeof(float) % set_period == 0 ? Count : 0);
    static constexpr std::size_t size = blocks * plane;  // elements in all
    static constexpr std::size_t origin = BorderHeight * row + BorderWidth * Count;

    /// Where the vector of a block at a pixel begins.
    static constexpr std::size_t offset(std::size_t block, std::size_t h, std::size_t w) {
        return origin + block * plane + h * row + w * Count;
    }
    /// Where one element lies.
    static constexpr std::size_t offset_of_channel(std::size_t c, std::size_t h, std::size_t w) {
        return offset(c / Count, h, w) + c % Count;
    }
};

template <typename L>
inline constexpr bool is_blocked = false;
template <std::size_t Count, std::size_t C, std::size_t H, std::size_t W, std::size_t BorderHeight,
          std::size_t BorderWidth, std::size_t MoreRows, std::size_t MoreColumns>
inline constexpr bool is_blocked<BlockedLayout<Count, C, H, W, BorderHeight, BorderWidth, MoreRows, MoreColumns>> =
    true;

/// Elements that a vector of features takes in a prepared network: whole vectors, behind the features zeros.
constexpr std::size_t whole_vectors(std::size_t features, std::size_t count) {
    return (features + count - 1) / count * count;
}

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Layout: where the elements of an image lie in a buffer: [C][H][W] with a border of zeros around every channel, which
/// the next layer's padding wants, and a gap behind it, which nothing reads or writes: it keeps the channels out of
/// each other's sets of the cache. Features <F> are F channels of one pixel.
template <std::size_t Channels, std::size_t Height, std::size_t Width, std::size_t BorderHeight = 0,
          std::size_t BorderWidth = 0, std::size_t Gap = 0>
struct Layout {
    static constexpr std::size_t channels = Channels;
    static constexpr std::size_t height = Height;
    static constexpr std::size_t width = Width;
    static constexpr Extent border{BorderHeight, BorderWidth};
    static constexpr std::size_t gap = Gap;

    static constexpr std::size_t row = Width + 2 * BorderWidth;  // elements from a row to the next
    static constexpr std::size_t plane =
        (Height + 2 * BorderHeight) * row + Gap;                             // elements from a channel to the next
    static constexpr std::size_t size = Channels * plane;                    // elements in all
    static constexpr std::size_t origin = BorderHeight * row + BorderWidth;  // the element (0, 0, 0)
    static constexpr bool contiguous = plane == Height * Width;              // no border, no gap

    static constexpr std::size_t offset(std::size_t c, std::size_t h, std::size_t w) {
        return origin + c * plane + h * row + w;
    }
};

template <typename S, std::size_t BorderHeight, std::size_t BorderWidth, std::size_t Gap>
struct LayoutOf {
    // Any other shape lies flat, one element after the other.
    using type = Layout<S::size, 1, 1>;
};
template <std::size_t C, std::size_t H, std::size_t W, std::size_t BorderHeight, std::size_t BorderWidth,
          std::size_t Gap>
struct LayoutOf<Shape<C, H, W>, BorderHeight, BorderWidth, Gap> {
    using type = Layout<C, H, W, BorderHeight, BorderWidth, Gap>;
};
template <std::size_t C, std::size_t L, std::size_t BorderHeight, std::size_t BorderWidth, std::size_t Gap>
struct LayoutOf<Shape<C, L>, BorderHeight, BorderWidth, Gap> {
    using type = Layout<C, 1, L, BorderHeight, BorderWidth, Gap>;
};

/// The layout of a shape with a border: layout_t<Shape<6, 14, 14>, 0, 0>::plane is 196.
template <typename S, std::size_t BorderHeight = 0, std::size_t BorderWidth = 0, std::size_t Gap = 0>
using layout_t = typename LayoutOf<S, BorderHeight, BorderWidth, Gap>::type;

/// The layout L of a shape S as one whose channels are the first axis of S: shapes of other ranks than images and
/// features lie flat.
template <typename L, typename S>
using channels_first_t = std::conditional_t<L::channels == S::dim(0), L, Layout<S::dim(0), 1, S::size / S::dim(0)>>;

/// Writes zeros into the elements of an image.
template <typename L, typename V>
constexpr void clear_elements(V* data) {
    for (std::size_t c = 0; c < L::channels; ++c) {
        for (std::size_t h = 0; h < L::height; ++h) {
            for (std::size_t w = 0; w < L::width; ++w) {
                data[L::offset(c, h, w)] = V{};
            }
        }
    }
}

/// Writes zeros into the border of a buffer.
template <typename L, typename V>
constexpr void clear_border(V* data) {
    if constexpr (L::border.height != 0 || L::border.width != 0) {
        for (std::size_t c = 0; c < L::channels; ++c) {
            V* plane = data + c * L::plane;
            std::size_t end = L::origin;
            for (std::size_t i = 0; i < end; ++i) {
                plane[i] = V{};
            }
            for (std::size_t h = 0; h < L::height; ++h) {
                const std::size_t begin = L::origin + h * L::row + L::width;
                end = h + 1 < L::height ? begin + 2 * L::border.width : L::plane - L::gap;
                for (std::size_t i = begin; i < end; ++i) {
                    plane[i] = V{};
                }
            }
        }
    }
}

}  // namespace CTCNN_DETAIL

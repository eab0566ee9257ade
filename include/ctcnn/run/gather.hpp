// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::run {

namespace detail {
/// One row of pixels of all lanes' images: N pixels at a time are read from each image and transposed. Not inlined:
/// training and inference share it.
template <std::size_t Width, typename V>
[[gnu::noinline]] constexpr void gather_row(const std::array<const scalar_t<V>*, lane_count<V>>& images,
                                            std::size_t offset, V* target) {
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

/// Gathering: brings one image into each lane of a buffer, row by row as they are asked for, and has the rows that will
/// be wanted next fetched from memory meanwhile. The border stays as it is.
/// Layouts  images (C, H, W) without border; buffer L
template <typename L, Number V>
class Gathering {
public:
    using Images = std::array<const scalar_t<V>*, lane_count<V>>;

    constexpr Gathering(const Images& images, V* buffer) : images_(images), buffer_(buffer) {}

    /// Sees to it that the first `count` rows are there.
    constexpr void rows_before(std::size_t count) {
        if constexpr (L::contiguous) {
            if (done_ == 0 && count == L::height) {
                detail::gather_row<L::size>(images_, 0, buffer_);
                done_ = count;
            }
        }
        for (; done_ < count; ++done_) {
            for (std::size_t c = 0; c < L::channels; ++c) {
                detail::gather_row<L::width>(images_, place(c, done_), buffer_ + L::offset(c, done_, 0));
            }
        }
        for (const std::size_t end = std::min(L::height, count + ahead); fetched_ < end; ++fetched_) {
            for (std::size_t c = 0; fetched_ >= done_ && c < L::channels; ++c) {
                for (const scalar_t<V>* image : images_) {
                    for (std::size_t w = 0; w < L::width; w += line) {
                        prefetch(image + place(c, fetched_) + w);
                    }
                }
            }
        }
    }

private:
    static constexpr std::size_t line = 64 / sizeof(scalar_t<V>);               // of the cache, in numbers
    static constexpr std::size_t ahead = (4 * line + L::width - 1) / L::width;  // rows

    static constexpr std::size_t place(std::size_t c, std::size_t h) { return (c * L::height + h) * L::width; }

    const Images& images_;
    V* buffer_;
    std::size_t done_ = 0;
    std::size_t fetched_ = 0;
};

/// All rows at once.
template <typename L, Number V>
constexpr void gather(const std::array<const scalar_t<V>*, lane_count<V>>& images, V* buffer) {
    Gathering<L, V>(images, buffer).rows_before(L::height);
}

}  // namespace CTCNN_DETAIL::run

// SPDX-License-Identifier: MIT
#include <ctcnn/core/blocked.hpp>

#include <cstddef>
#include <set>

#include "catch.hpp"

using namespace ctcnn::detail_;

// 20 channels are two blocks of 16; a border of one pixel, two more columns at the right.
using Image = BlockedLayout<16, 20, 3, 4, 1, 1, 0, 2>;
static_assert(Image::blocks == 2);
static_assert(Image::row == 8 * 16);
static_assert(Image::plane == 5 * 8 * 16);
static_assert(Image::size == 2 * 5 * 8 * 16);
static_assert(Image::offset(0, 0, 0) == 8 * 16 + 16);
static_assert(Image::offset_of_channel(17, 2, 3) == Image::offset(1, 2, 3) + 1);

// 8 x 8 vectors of 64 bytes are a multiple of 2 KiB.
static_assert(BlockedLayout<16, 32, 8, 8>::plane == 8 * 8 * 16 + 16);
static_assert(BlockedLayout<16, 16, 8, 8>::plane == 8 * 8 * 16);

static_assert(is_blocked<Image> && !is_blocked<int>);
static_assert(whole_vectors(0, 16) == 0 && whole_vectors(1, 16) == 16 && whole_vectors(32, 16) == 32);

TEST_CASE("elements of a blocked image lie at different places inside it") {
    std::set<std::size_t> places;
    for (std::size_t c = 0; c < Image::channels; ++c) {
        for (std::size_t h = 0; h < Image::height; ++h) {
            for (std::size_t w = 0; w < Image::width; ++w) {
                places.insert(Image::offset_of_channel(c, h, w));
            }
        }
    }
    CHECK(places.size() == 20 * 3 * 4);
    CHECK(*places.rbegin() < Image::size);
}

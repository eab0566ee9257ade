// SPDX-License-Identifier: MIT
#include <ctcnn/core/window.hpp>

#include <cstddef>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

/// How many places a kernel has on one axis, found by trying: it moves by stride from the left end of the padded axis,
/// and its last pixel must lie inside.
constexpr std::size_t counted_places(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding,
                                     std::size_t dilation) {
    std::size_t places = 0;
    for (std::size_t first = 0; first + dilation * (kernel - 1) < size + 2 * padding; first += stride) {
        ++places;
    }
    return places;
}

constexpr std::size_t largest = 6;

/// The row behind the last one that the first `count` rows of the output see, found by trying.
constexpr std::size_t rows_seen(const Window& window, std::size_t count, std::size_t height) {
    std::size_t end = 0;
    for (std::size_t output = 0; output < count; ++output) {
        for (std::size_t kh = 0; kh < window.kernel.height; ++kh) {
            const std::size_t place = output * window.stride.height + kh * window.dilation.height;
            if (place >= window.padding.height && place < height + window.padding.height) {
                end = place - window.padding.height + 1 > end ? place - window.padding.height + 1 : end;
            }
        }
    }
    return end;
}

/// Compares with counting for all small numbers; the number of windows that fit, or 0 if one differs.
constexpr std::size_t windows_as_counted() {
    std::size_t fitting = 0;
    for (std::size_t size = 1; size <= largest; ++size) {
        for (std::size_t kernel = 1; kernel <= largest; ++kernel) {
            for (std::size_t stride = 1; stride <= 3; ++stride) {
                for (std::size_t padding = 0; padding <= 2; ++padding) {
                    for (std::size_t dilation = 1; dilation <= 3; ++dilation) {
                        const std::size_t places = counted_places(size, kernel, stride, padding, dilation);
                        const Window window{{kernel, 1}, {stride, 1}, {padding, 0}, {dilation, 1}};
                        const Window turned{{1, kernel}, {1, stride}, {0, padding}, {1, dilation}};
                        if (fits(window, size, 1) != (places != 0) || fits(turned, 1, size) != (places != 0)) {
                            return 0;
                        }
                        if (places != 0) {
                            ++fitting;
                            if (output_size(size, kernel, stride, padding, dilation) != places ||
                                output_extent(window, size, 1) != Extent{places, 1} ||
                                output_extent(turned, 1, size) != Extent{1, places}) {
                                return 0;
                            }
                            // What is not seen may be asked for, as where padding is larger than a stride: never less.
                            for (std::size_t count = 1; count <= places; ++count) {
                                if (rows_needed(window, count, size) < rows_seen(window, count, size) ||
                                    rows_needed(window, count, size) > size) {
                                    return 0;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    return fitting;
}

}  // namespace

static_assert(windows_as_counted() != 0);

static_assert(Window{} == Window{{1, 1}, {1, 1}, {0, 0}, {1, 1}, false});

// The course's figures.
static_assert(output_size(28, 5, 1, 2, 1) == 28 && output_size(28, 2, 2, 0, 1) == 14);
static_assert(output_extent({{3, 2}, {2, 1}, {1, 2}, {1, 1}}, 8, 8) == Extent{4, 11});

static_assert(rows_needed({{5, 5}, {1, 1}, {2, 2}, {1, 1}}, 2, 28) == 4);
static_assert(rows_needed({{5, 5}, {1, 1}, {2, 2}, {1, 1}}, 28, 28) == 28);
static_assert(rows_needed({{3, 3}, {2, 2}, {0, 0}, {2, 2}}, 3, 28) == 9);
static_assert(rows_needed({{2, 2}, {1, 1}, {2, 2}, {1, 1}}, 1, 28) == 0);

static_assert(span_of(1, 1) == 1 && span_of(1, 9) == 1 && span_of(3, 2) == 5);
static_assert(window_of(read_options<Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>>(Option::kernel | Option::padding |
                                                                                Option::stride)) ==
              Window{{3, 2}, {2, 1}, {1, 2}, {1, 1}});
static_assert(window_of(read_options<Kernel<2>, CeilMode>(Option::kernel | Option::ceil_mode)).ceil);

// A window may hang over the end if it begins inside the image or before it: 5 pixels are 3 pairs. Behind 4 pixels with
// padding 1, a third window would begin in the padding after them, and is left out.
static_assert(output_size_ceil(5, 2, 2, 0, 1) == 3 && output_size_ceil(6, 2, 2, 0, 1) == 3);
static_assert(output_size_ceil(4, 2, 3, 1, 1) == 2 && output_size_ceil(5, 2, 3, 1, 1) == 2);
static_assert(output_size_ceil(6, 3, 3, 1, 1) == 3 && output_size_ceil(4, 2, 5, 1, 1) == 1);
static_assert(output_size_ceil(1, 3, 3, 0, 1) == 1 && output_size_ceil(2, 5, 4, 0, 1) == 1);
constexpr Window pairs{.kernel = {2, 2}, .stride = {2, 2}, .ceil = true};
static_assert(fits(pairs, 1, 1) && !fits({.kernel = {3, 3}, .stride = {2, 2}, .ceil = true}, 1, 3) &&
              fits({.kernel = {3, 3}, .stride = {3, 3}, .ceil = true}, 1, 3));
// On an image that the windows cover, it is the same as without.
static_assert(on_image(pairs, 5, 4).ceil && on_image(pairs, 4, 5).ceil && !on_image(pairs, 4, 6).ceil);
static_assert(rows_needed(pairs, 3, 5) == 5);

TEST_CASE("window sizes are those that counting finds") {
    const std::size_t fitting = windows_as_counted();
    INFO(fitting << " windows fit");
    // All windows of kernel 1 fit: so many are compared at least.
    CHECK(fitting > largest * 3 * 3 * 3);
}

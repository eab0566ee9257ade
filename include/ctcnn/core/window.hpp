// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Window: how a kernel moves over an image, on both axes.
struct Window {
    Extent kernel{1, 1};
    Extent stride{1, 1};
    Extent padding{0, 0};
    Extent dilation{1, 1};
    bool ceil = false;  // whether the last window may hang over the end of the padded image

    friend constexpr bool operator==(const Window&, const Window&) = default;
};

/// Range: positions first, ..., last - 1; none where last is not above first.
struct Range {
    std::size_t first;
    std::size_t last;

    constexpr std::size_t count() const { return first < last ? last - first : 0; }
};

constexpr Window window_of(const LayerOptions& options) {
    return {options.kernel, options.stride, options.padding, options.dilation, options.ceil_mode};
}

/// How many pixels a kernel reaches over, gaps included: a kernel of 3 with dilation 2 spans 5.
constexpr std::size_t span_of(std::size_t kernel, std::size_t dilation) { return dilation * (kernel - 1) + 1; }

/// Whether a kernel fits into the padded image on both axes, or hangs over its end by less than a stride where it may;
/// for sizes up to largest_number, also where std::size_t has 32 bits.
constexpr bool fits(const Window& window, std::size_t height, std::size_t width) {
    const auto fits_axis = [&](std::size_t kernel, std::size_t dilation, std::size_t size, std::size_t padding,
                               std::size_t stride) {
        const std::uint64_t over = window.ceil ? stride - 1 : 0;
        return std::uint64_t{dilation} * (kernel - 1) < std::uint64_t{size} + 2 * std::uint64_t{padding} + over;
    };
    return fits_axis(window.kernel.height, window.dilation.height, height, window.padding.height,
                     window.stride.height) &&
           fits_axis(window.kernel.width, window.dilation.width, width, window.padding.width, window.stride.width);
}

/// The size of the result on one axis: 28 pixels, a kernel of 5, padding 2, stride 1 give 28.
/// Source: torch.nn.Conv2d, (size + 2*padding - dilation*(kernel - 1) - 1)/stride + 1, rounded down.
constexpr std::size_t output_size(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding,
                                  std::size_t dilation) {
    return (size + 2 * padding - span_of(kernel, dilation)) / stride + 1;
}

/// The same where the last window may hang over the end: it has to begin inside the image or the padding before it.
/// Source: torch.nn.MaxPool2d, ceil_mode=True
constexpr std::size_t output_size_ceil(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t padding,
                                       std::size_t dilation) {
    const std::size_t span = span_of(kernel, dilation);
    const std::size_t rest = size + 2 * padding > span ? size + 2 * padding - span : 0;
    const std::size_t last = rest / stride + (rest % stride != 0 ? 1 : 0);
    return last * stride < size + padding ? last + 1 : last;
}

/// The positions of a kernel that lie inside the image, on one axis; the others meet padding: output 0 of a kernel of 3
/// with padding 1 has the positions 1 and 2.
constexpr Range inside(std::size_t output, std::size_t kernel, std::size_t stride, std::size_t padding,
                       std::size_t size) {
    const std::size_t start = output * stride;
    const std::size_t end = size + padding;
    return {start < padding ? std::min(padding - start, kernel) : 0, start < end ? std::min(kernel, end - start) : 0};
}

/// How many of the first rows of an image the first `count` rows of the output need, count > 0: the first 2 rows that a
/// kernel of 5 with padding 2 makes need 4.
constexpr std::size_t rows_needed(const Window& window, std::size_t count, std::size_t height) {
    const std::size_t end = (count - 1) * window.stride.height + span_of(window.kernel.height, window.dilation.height);
    return end > window.padding.height ? std::min(height, end - window.padding.height) : 0;
}

constexpr Extent output_extent(const Window& window, std::size_t height, std::size_t width) {
    const auto axis = window.ceil ? output_size_ceil : output_size;
    return {axis(height, window.kernel.height, window.stride.height, window.padding.height, window.dilation.height),
            axis(width, window.kernel.width, window.stride.width, window.padding.width, window.dilation.width)};
}

/// The window on images of one size: it may hang over the end only if that makes the output larger.
constexpr Window on_image(Window window, std::size_t height, std::size_t width) {
    Window inside = window;
    inside.ceil = false;
    return fits(inside, height, width) && output_extent(inside, height, width) == output_extent(window, height, width)
               ? inside
               : window;
}

}  // namespace CTCNN_DETAIL

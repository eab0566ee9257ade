// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL::kernels {

/// Conv2dGeometry: the numbers of a convolution. weight is (out_channels, in_channels / groups, kernel, kernel).
struct Conv2dGeometry {
    std::size_t in_channels;
    std::size_t out_channels;
    std::size_t groups;
    Window window;

    constexpr std::size_t group_inputs() const { return in_channels / groups; }
    constexpr std::size_t group_outputs() const { return out_channels / groups; }
    constexpr std::size_t taps() const { return window.kernel.height * window.kernel.width; }
    constexpr std::size_t weights() const { return out_channels * group_inputs() * taps(); }
    /// Where the weight of (output channel, input channel of the group, row and column of the kernel) lies.
    constexpr std::size_t weight(std::size_t o, std::size_t i, std::size_t kh, std::size_t kw) const {
        return (o * group_inputs() + i) * taps() + kh * window.kernel.width + kw;
    }
};

namespace conv2d {

/// The kernel positions k for which an input position receives from some output position: for one axis.
/// output = (input + padding - k * dilation) / stride must be whole and lie inside.
struct Tap {
    bool valid;
    std::size_t output;
};
constexpr Tap tap_at(std::size_t input, std::size_t k, std::size_t stride, std::size_t padding, std::size_t dilation,
                     std::size_t outputs) {
    const std::size_t reach = k * dilation;
    if (input + padding < reach || (input + padding - reach) % stride != 0) {
        return {false, 0};
    }
    const std::size_t output = (input + padding - reach) / stride;
    return {output < outputs, output};
}

/// How many of `count` positions remain from `first` on, `stride` apart.
constexpr std::size_t taps_apart(std::size_t count, std::size_t first, std::size_t stride) {
    return first < count ? (count - first + stride - 1) / stride : 0;
}

/// The kernel positions k for which output `position` - k exists, on one axis with stride and dilation 1.
constexpr Range taps_of(std::size_t position, std::size_t kernel, std::size_t outputs) {
    return {position < outputs ? 0 : position - (outputs - 1), std::min(position + 1, kernel)};
}

/// The rows of the kernel that lie inside the image when the output is in row h; the others would meet zeros.
template <Conv2dGeometry G, typename In>
constexpr Range rows_inside(std::size_t h) {
    constexpr std::size_t padding = G.window.padding.height;
    if constexpr (padding == 0 || G.window.dilation.height != 1) {
        return {0, G.window.kernel.height};
    } else {
        return inside(h, G.window.kernel.height, G.window.stride.height, padding, In::height);
    }
}

/// The rows of the output in which a row of the kernel lies inside the image.
template <Conv2dGeometry G, typename In, typename Out>
constexpr Range outputs_inside(std::size_t kh) {
    constexpr std::size_t padding = G.window.padding.height;
    if constexpr (padding == 0 || G.window.stride.height != 1 || G.window.dilation.height != 1) {
        return {0, Out::height};
    } else {
        constexpr std::size_t end = In::height + padding;
        return {kh < padding ? padding - kh : 0, kh < end ? std::min(Out::height, end - kh) : 0};
    }
}

/// Which pieces of N columns see the whole kernel: all pieces but the first ones and the last ones, of which some
/// columns receive nothing from some kernel columns.
consteval Range inner_pieces(std::size_t columns, std::size_t padding, std::size_t kernel, std::size_t outputs,
                             std::size_t piece) {
    const std::size_t pieces = (columns + piece - 1) / piece;
    std::size_t first = 0;
    while (first < pieces && first * piece + padding + 1 < kernel) {
        ++first;
    }
    std::size_t last = first;
    while ((last + 1) * piece <= columns && (last + 1) * piece + padding <= outputs) {
        ++last;
    }
    return {first, last};
}

/// The positions of the input, from the first one on, that taps of a kernel meet for neighbouring outputs, in their
/// order: 0, 1, 4, 5 for 2 taps with dilation 4 and 2 outputs. Where those of several taps and several outputs lie
/// among each other, all up to the last one, as 0, ..., 5 for 4 outputs and dilation 2.
template <std::size_t Taps, std::size_t Dilation, std::size_t Outputs, std::size_t Stride>
struct PlacesMet {
private:
    static constexpr bool apart_by_tap = (Outputs - 1) * Stride < Dilation;
    static constexpr bool apart_by_output = (Taps - 1) * Dilation < Stride;

public:
    static constexpr std::size_t count =
        apart_by_tap || apart_by_output ? Taps * Outputs : (Outputs - 1) * Stride + (Taps - 1) * Dilation + 1;

    [[gnu::always_inline]] static constexpr std::size_t at(std::size_t n) {
        return apart_by_tap      ? n / Outputs * Dilation + n % Outputs * Stride
               : apart_by_output ? n / Taps * Stride + n % Taps * Dilation
                                 : n;
    }
};

}  // namespace conv2d

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/window.hpp>

namespace ctcnn::kernels {

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

}  // namespace ctcnn::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

// Means over windows that differ in size, as maps of an axis for taps2d.hpp.
namespace CTCNN_DETAIL::kernels {

/// WindowMean: the windows of AvgPool2d, which may reach into the padding and hang over the end. A mean divides by the
/// number of pixels inside; where padding counts, by that of the pixels that are not behind the padded image.
/// Source: torch.nn.AvgPool2d
template <std::size_t Size, std::size_t Kernel, std::size_t Stride, std::size_t Padding, std::size_t Outputs,
          bool CountsPadding>
struct WindowMean {
    static constexpr std::size_t inputs = Size;
    static constexpr std::size_t outputs = Outputs;

    static constexpr Range support(std::size_t output) {
        const Range places = inside(output, Kernel, Stride, Padding, Size);
        const std::size_t start = output * Stride + places.first - Padding;
        return {start, start + places.count()};
    }
    static constexpr double weight(std::size_t output, std::size_t) {
        const std::size_t counted =
            CountsPadding ? std::min(Kernel, Size + 2 * Padding - output * Stride) : support(output).count();
        return 1 / static_cast<double>(counted);
    }
};

/// AdaptiveMean: windows that share an axis out: window n of N goes from n * size / N, rounded down, to
/// (n + 1) * size / N, rounded up.
/// Source: torch.nn.AdaptiveAvgPool2d
template <std::size_t Size, std::size_t Outputs>
struct AdaptiveMean {
    static constexpr std::size_t inputs = Size;
    static constexpr std::size_t outputs = Outputs;

    static constexpr Range support(std::size_t output) {
        const std::uint64_t start = std::uint64_t{output} * Size / Outputs;
        const std::uint64_t end = (std::uint64_t{output + 1} * Size + Outputs - 1) / Outputs;
        return {static_cast<std::size_t>(start), static_cast<std::size_t>(end)};
    }
    static constexpr double weight(std::size_t output, std::size_t) {
        return 1 / static_cast<double>(support(output).count());
    }
};

}  // namespace CTCNN_DETAIL::kernels

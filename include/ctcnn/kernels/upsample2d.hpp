// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL::kernels {

/// upsample_nearest2d_forward: output(c, h, w) = f(input(c, h / Scale, w / Scale)).
/// Layouts  In (C, Hi, Wi); Out (C, Hi * Scale, Wi * Scale)
template <Extent Scale, typename Stage>
[[gnu::noinline]] constexpr void upsample_nearest2d_forward(const typename Stage::V* input, typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            V* first = output + Out::offset(c, h * Scale.height, 0);
            for (std::size_t w = 0; w < In::width; ++w) {
                const V value = Stage::Function::forward(input[In::offset(c, h, w)]);
                for (std::size_t n = 0; n < Scale.width; ++n) {
                    first[w * Scale.width + n] = value;
                }
            }
            for (std::size_t n = 1; n < Scale.height; ++n) {
                std::copy_n(first, Out::width, first + n * Out::row);
            }
        }
    }
}

/// upsample_nearest2d_backward: `grad_input` holds the input when the call begins and its gradient when it ends.
template <Extent Scale, typename Stage>
[[gnu::noinline]] constexpr void upsample_nearest2d_backward(typename Stage::V* grad_input,
                                                             const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                const V* corner = grad_output + Out::offset(c, h * Scale.height, w * Scale.width);
                const V sum = pairwise_sum<V>(0, Scale.height, [&](V rows, std::size_t i) {
                    return rows + pairwise_sum<V>(0, Scale.width,
                                                  [&](V row, std::size_t j) { return row + corner[i * Out::row + j]; });
                });
                V& element = grad_input[In::offset(c, h, w)];
                element = Stage::Function::backward(element, sum);
            }
        }
    }
}

/// BilinearAxis: interpolation between the centres of pixels, as a map of an axis for taps2d.hpp. The outputs before
/// the first centre and behind the last one are these pixels.
/// Source: torch.nn.Upsample(mode="bilinear", align_corners=False): an output lies at (output + 1/2)/Scale - 1/2
template <std::size_t Size, std::size_t Scale>
struct BilinearAxis {
    static constexpr std::size_t inputs = Size;
    static constexpr std::size_t outputs = Size * Scale;

    static constexpr Range support(std::size_t output) {
        if (output < Scale / 2) {
            return {0, 1};
        }
        const std::size_t pixel = (output - Scale / 2) / Scale;
        return {pixel, pixel + (step(output) != 0 && pixel + 1 < Size ? 2 : 1)};
    }
    static constexpr double weight(std::size_t output, std::size_t input) {
        const Range pixels = support(output);
        if (pixels.count() == 1) {
            return 1;
        }
        const double second = static_cast<double>(step(output)) / static_cast<double>(2 * Scale);
        return input == pixels.first ? 1 - second : second;
    }

private:
    /// How far an output lies behind the centre before it, in steps of 1 / (2 * Scale).
    static constexpr std::size_t step(std::size_t output) {
        return 2 * ((output - Scale / 2) % Scale) + (Scale % 2 == 0 ? 1 : 0);
    }
};

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL::kernels {

/// Some rows of zero_pad2d_forward.
template <std::size_t Left, std::size_t Top, typename Stage>
[[gnu::noinline]] constexpr void zero_pad2d_forward_rows(const typename Stage::V* input, typename Stage::V* output,
                                                         Range range) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    const V zero = Stage::Function::forward(V{});
    const std::size_t first = std::clamp(Top, range.first, range.last);
    const std::size_t last = std::clamp(Top + In::height, range.first, range.last);
    for (std::size_t c = 0; c < Out::channels; ++c) {
        const auto fill_rows = [&](std::size_t begin, std::size_t end) {
            for (std::size_t h = begin; h < end; ++h) {
                std::fill_n(output + Out::offset(c, h, 0), Out::width, zero);
            }
        };
        fill_rows(range.first, first);
        for (std::size_t h = first; h < last; ++h) {
            const V* pixels = input + In::offset(c, h - Top, 0);
            V* row = output + Out::offset(c, h, 0);
            std::fill_n(row, Left, zero);
            for (std::size_t w = 0; w < In::width; ++w) {
                row[Left + w] = Stage::Function::forward(pixels[w]);
            }
            std::fill(row + Left + In::width, row + Out::width, zero);
        }
        fill_rows(last, range.last);
    }
}

/// zero_pad2d_forward: output(c, h, w) = f(input(c, h - Top, w - Left)), and f(0) outside the input.
/// Layouts  In (C, Hi, Wi); Out (C, Top + Hi + ..., Left + Wi + ...)
template <std::size_t Left, std::size_t Top, typename Stage>
constexpr void zero_pad2d_forward(const typename Stage::V* input, typename Stage::V* output) {
    using Out = typename Stage::Out;
    zero_pad2d_forward_rows<Left, Top, Stage>(input, output, {0, Out::height});
}

/// zero_pad2d_backward: `grad_input` holds the input when the call begins and its gradient when it ends.
template <std::size_t Left, std::size_t Top, typename Stage>
[[gnu::noinline]] constexpr void zero_pad2d_backward(typename Stage::V* grad_input,
                                                     const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                V& element = grad_input[In::offset(c, h, w)];
                element = Stage::Function::backward(element, grad_output[Out::offset(c, h + Top, w + Left)]);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

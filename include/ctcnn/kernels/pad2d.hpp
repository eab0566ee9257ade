// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL::kernels {

/// Some rows of zero_pad2d_forward.
template <std::size_t Left, std::size_t Top, typename In, typename Out, typename Activation, Number V>
[[gnu::noinline]] constexpr void zero_pad2d_forward_rows(const V* input, V* output, Range range) {
    const V zero = Activation::forward(V{});
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
                row[Left + w] = Activation::forward(pixels[w]);
            }
            std::fill(row + Left + In::width, row + Out::width, zero);
        }
        fill_rows(last, range.last);
    }
}

/// zero_pad2d_forward: output(c, h, w) = f(input(c, h - Top, w - Left)), and f(0) outside the input.
/// Layouts  In (C, Hi, Wi); Out (C, Top + Hi + ..., Left + Wi + ...)
template <std::size_t Left, std::size_t Top, typename In, typename Out, typename Activation, Number V>
constexpr void zero_pad2d_forward(const V* input, V* output) {
    zero_pad2d_forward_rows<Left, Top, In, Out, Activation>(input, output, {0, Out::height});
}

/// zero_pad2d_backward: `grad_input` holds the input when the call begins and its gradient when it ends; Before is the
/// elementwise function that made the input.
template <std::size_t Left, std::size_t Top, typename In, typename Out, typename Before, Number V>
[[gnu::noinline]] constexpr void zero_pad2d_backward(V* grad_input, const V* grad_output) {
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                V& element = grad_input[In::offset(c, h, w)];
                element = Before::backward(element, grad_output[Out::offset(c, h + Top, w + Left)]);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

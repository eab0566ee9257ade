// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>

// Elementwise functions. forward maps an element; backward maps (output, gradient with respect to the output) to the
// gradient with respect to the input, so that no input needs to be kept. Kernels apply forward as they store their
// output, and backward as they store the gradient with respect to their input.
namespace CTCNN_DETAIL::kernels {

struct ReLU {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        // Written so that NaN passes, as in PyTorch.
        return at_least(input, broadcast<V>(0));
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        const V zero = broadcast<V>(0);
        return select_nan(output, grad_output, select_less(zero, output, grad_output, zero));
    }
};

struct Sigmoid {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return math::sigmoid(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return grad_output * output * (broadcast<V>(1) - output);
    }
};

struct Tanh {
    template <Number V>
    [[gnu::always_inline]] static constexpr V forward(V input) {
        return math::tanh(input);
    }
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V output, V grad_output) {
        return grad_output * (broadcast<V>(1) - output * output);
    }
};

/// Applies an elementwise function to numbers in a row, in place. Not inlined: the compiler would keep the constants of
/// the function in registers all through the kernel around it, and spill the sums that the kernel is about.
template <typename Function, Number V>
[[gnu::noinline]] constexpr void map_row(V* row, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        row[i] = Function::forward(row[i]);
    }
}

/// Applies an elementwise function to a whole image.
template <typename Function, typename In, typename Out, Number V>
constexpr void map_forward(const V* input, V* output) {
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                output[Out::offset(c, h, w)] = Function::forward(input[In::offset(c, h, w)]);
            }
        }
    }
}

/// The gradient of a copy: `grad_input` holds the copied input when the call begins, and its gradient when it ends.
template <typename Before, typename In, typename Out, Number V>
constexpr void map_backward(V* grad_input, const V* grad_output) {
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                V& element = grad_input[In::offset(c, h, w)];
                element = Before::backward(element, grad_output[Out::offset(c, h, w)]);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

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

namespace detail {
/// Calls f(offset in In, offset in Out) for each element of two layouts of the same number of elements, in their order.
template <typename In, typename Out, typename F>
[[gnu::always_inline]] constexpr void for_each_element(const F& f) {
    constexpr bool flat =
        In::size == In::channels * In::height * In::width && Out::size == Out::channels * Out::height * Out::width;
    if constexpr (flat) {
        for (std::size_t i = 0; i < In::size; ++i) {
            f(i, i);
        }
    } else if constexpr (In::height == Out::height && In::width == Out::width) {
        for (std::size_t c = 0; c < In::channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h) {
                for (std::size_t w = 0; w < In::width; ++w) {
                    f(In::offset(c, h, w), Out::offset(c, h, w));
                }
            }
        }
    } else {
        constexpr auto offset = []<typename L>(std::type_identity<L>, std::size_t i) {
            return L::offset(i / (L::height * L::width), i / L::width % L::height, i % L::width);
        };
        for (std::size_t i = 0; i < In::channels * In::height * In::width; ++i) {
            f(offset(std::type_identity<In>{}, i), offset(std::type_identity<Out>{}, i));
        }
    }
}
}  // namespace detail

/// Copies an image, which may become one of another shape, and applies an elementwise function.
template <typename Function, typename In, typename Out, Number V>
constexpr void map_forward(const V* input, V* output) {
    detail::for_each_element<In, Out>([&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        output[to] = Function::forward(input[from]);
    });
}

/// The gradient of a copy: `grad_input` holds the copied input when the call begins, and its gradient when it ends.
template <typename Before, typename In, typename Out, Number V>
constexpr void map_backward(V* grad_input, const V* grad_output) {
    detail::for_each_element<In, Out>([&](std::size_t from, std::size_t to) __attribute__((always_inline)) {
        grad_input[from] = Before::backward(grad_input[from], grad_output[to]);
    });
}

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>

// Several inputs become one output, element by element. An input of one pixel for each channel stands for all pixels.
namespace CTCNN_DETAIL::kernels {

struct Sum {
    template <Number V>
    [[gnu::always_inline]] static constexpr V join(V a, V b) {
        return a + b;
    }
};
struct Product {
    template <Number V>
    [[gnu::always_inline]] static constexpr V join(V a, V b) {
        return a * b;
    }
};

/// In place of an elementwise function, where a gradient is added to what is there.
struct AddGradient {
    template <Number V>
    [[gnu::always_inline]] static constexpr V backward(V sum, V gradient) {
        return sum + gradient;
    }
};

namespace detail {
template <typename In, typename Out>
inline constexpr bool is_broadcast = In::height * In::width == 1 && Out::height * Out::width != 1;

/// Where an element of an input lies.
template <typename In, typename Out>
constexpr std::size_t offset_of(std::size_t c, std::size_t h, std::size_t w) {
    return is_broadcast<In, Out> ? In::offset(c, 0, 0) : In::offset(c, h, w);
}
}  // namespace detail

/// join_forward: output(c, h, w) = f(input 0 (c, h, w) join input 1 (c, h, w) join ...).
/// Layouts  List<In...> (C, H, W) or (C, 1, 1); Out (C, H, W)
template <typename Join, typename Activation, typename Out, Number V, typename... In>
[[gnu::noinline]] constexpr void join_forward(List<In...>, const std::array<const V*, sizeof...(In)>& inputs,
                                              V* output) {
    for (std::size_t c = 0; c < Out::channels; ++c) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t w = 0; w < Out::width; ++w) {
                output[Out::offset(c, h, w)] =
                    Activation::forward([&]<std::size_t... Input>(std::index_sequence<Input...>) {
                        const std::array<V, sizeof...(In)> x{inputs[Input][detail::offset_of<In, Out>(c, h, w)]...};
                        V result = x[0];
                        ((result = Input == 0 ? result : Join::join(result, x[Input])), ...);
                        return result;
                    }(std::index_sequence_for<In...>{}));
            }
        }
    }
}

/// add_backward: the gradient of a sum with respect to an input is the gradient of the sum. It goes through
/// Before::backward to `grad_input`.
template <typename Before, typename In, typename Out, Number V>
[[gnu::noinline]] constexpr void add_backward(V* grad_input, const V* grad_output) {
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                V& element = grad_input[In::offset(c, h, w)];
                element = Before::backward(element, grad_output[Out::offset(c, h, w)]);
            }
        }
    }
}

/// multiply_backward: the gradient of a product with respect to input Place is that of the product times the other
/// inputs.
template <std::size_t Place, typename Before, typename Out, Number V, typename... In>
[[gnu::noinline]] constexpr void multiply_backward(List<In...>, const std::array<const V*, sizeof...(In)>& inputs,
                                                   V* grad_input, const V* grad_output) {
    using Own = At<Place, List<In...>>;
    const auto part = [&](std::size_t c, std::size_t h, std::size_t w) __attribute__((always_inline)) {
        return [&]<std::size_t... N>(std::index_sequence<N...>) {
            V result = grad_output[Out::offset(c, h, w)];
            ((result = N == Place ? result : result * inputs[N][detail::offset_of<In, Out>(c, h, w)]), ...);
            return result;
        }(std::index_sequence_for<In...>{});
    };
    for (std::size_t c = 0; c < Out::channels; ++c) {
        if constexpr (detail::is_broadcast<Own, Out>) {
            const V sum = pairwise_sum<V>(0, Out::height, [&](V rows, std::size_t h) {
                return rows + pairwise_sum<V>(0, Out::width, [&](V row, std::size_t w) { return row + part(c, h, w); });
            });
            V& element = grad_input[Own::offset(c, 0, 0)];
            element = Before::backward(element, sum);
        } else {
            for (std::size_t h = 0; h < Out::height; ++h) {
                for (std::size_t w = 0; w < Out::width; ++w) {
                    V& element = grad_input[Own::offset(c, h, w)];
                    element = Before::backward(element, part(c, h, w));
                }
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

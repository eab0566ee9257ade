// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// prelu_forward: output = f(x) with x = input for input > 0, weight(c) * input elsewhere; one of `Weights` weights, or
/// one for each channel.
/// Layouts  In, Out (C, H, W) with any borders
template <std::size_t Weights, typename Stage>
constexpr void prelu_forward(const typename Stage::T* weight, const typename Stage::V* input,
                             typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        const V slope = broadcast<V>(weight[Weights == 1 ? 0 : c]);
        for (std::size_t h = 0; h < In::height; ++h) {
            const V* from = input + In::offset(c, h, 0);
            V* to = output + Out::offset(c, h, 0);
            for (std::size_t w = 0; w < In::width; ++w) {
                to[w] = Stage::Function::forward(select_less(V{}, from[w], from[w], from[w] * slope));
            }
        }
    }
}

/// prelu_backward_input: `grad_input` holds the input when the call begins, and its gradient when it ends.
template <std::size_t Weights, typename Stage>
constexpr void prelu_backward_input(const typename Stage::T* weight, typename Stage::V* grad_input,
                                    const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t c = 0; c < In::channels; ++c) {
        const V slope = broadcast<V>(weight[Weights == 1 ? 0 : c]);
        for (std::size_t h = 0; h < In::height; ++h) {
            V* element = grad_input + In::offset(c, h, 0);
            const V* gradient = grad_output + Out::offset(c, h, 0);
            for (std::size_t w = 0; w < In::width; ++w) {
                element[w] = Stage::Function::backward(element[w],
                                                       select_less(V{}, element[w], gradient[w], gradient[w] * slope));
            }
        }
    }
}

/// prelu_backward_weight: the sum of input * grad_output over the lanes and elements whose input is not above 0; with
/// `add`, added to what is there.
template <std::size_t Weights, typename Stage>
constexpr void prelu_backward_weight(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                     typename Stage::T* gradient) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr std::size_t plane = In::height * In::width;
    constexpr std::size_t count = In::channels * plane / Weights;  // elements of a weight
    for (std::size_t n = 0; n < Weights; ++n) {
        const V sums = pairwise_sum<V>(n * count, count, [&](V sum, std::size_t i) {
            const std::size_t h = i % plane / In::width;
            const std::size_t w = i % plane % In::width;
            const V x = input[In::offset(i / plane, h, w)];
            return sum + select_less(V{}, x, V{}, x * grad_output[Out::offset(i / plane, h, w)]);
        });
        scalar_t<V> sum = 0;
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            sum += get_lane(sums, lane);
        }
        gradient[n] = add ? gradient[n] + sum : sum;
    }
}

}  // namespace CTCNN_DETAIL::kernels

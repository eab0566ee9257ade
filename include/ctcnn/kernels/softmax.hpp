// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/softmax.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// softmax_forward: output(c, h, w) = f(e^input(c, h, w) / sum over k of e^input(k, h, w)); with Log, f of its
/// logarithm. Layouts  In, Out (C, H, W) with any borders
template <bool Log, typename Stage>
constexpr void softmax_forward(const typename Stage::V* input, typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t h = 0; h < In::height; ++h) {
        for (std::size_t w = 0; w < In::width; ++w) {
            const V* x = input + In::offset(0, h, w);
            V* y = output + Out::offset(0, h, w);
            const SoftmaxCommon<V> common = softmax_common<In::channels, In::plane>(x);
            const V last = Log ? math::log(common.sum) : broadcast<V>(1) / common.sum;
            for (std::size_t c = 0; c < In::channels; ++c) {
                const V shifted = x[c * In::plane] - common.largest;
                y[c * Out::plane] = Stage::Function::forward(Log ? shifted - last : math::exp(shifted) * last);
            }
        }
    }
}

/// softmax_backward: `grad_input` holds the input when the call begins, and its gradient when it ends. The powers are
/// computed once more, for the outputs are no longer there.
template <bool Log, typename Stage>
constexpr void softmax_backward(typename Stage::V* grad_input, const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    for (std::size_t h = 0; h < In::height; ++h) {
        for (std::size_t w = 0; w < In::width; ++w) {
            V* x = grad_input + In::offset(0, h, w);
            const V* gradient = grad_output + Out::offset(0, h, w);
            const SoftmaxCommon<V> common = softmax_common<In::channels, In::plane>(x);
            const V factor = broadcast<V>(1) / common.sum;
            const auto probability = [=](std::size_t c) {
                return math::exp(x[c * In::plane] - common.largest) * factor;
            };
            const V inner = pairwise_sum<V>(0, In::channels, [=](V sum, std::size_t c) {
                const V g = gradient[c * Out::plane];
                return Log ? sum + g : multiply_add(probability(c), g, sum);
            });
            for (std::size_t c = 0; c < In::channels; ++c) {
                const V g = gradient[c * Out::plane];
                const V result = Log ? g - probability(c) * inner : probability(c) * (g - inner);
                x[c * In::plane] = Stage::Function::backward(x[c * In::plane], result);
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

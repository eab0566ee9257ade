// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>

namespace ctcnn {

/// CrossEntropyLoss: -log softmax(logits)[label], in nats; the mean over the batch. Softmax and logarithm are one step, so
/// that logits of any size (+-1e4 and more) give neither infinity nor NaN.
/// Shapes   logits (classes), label (0, ..., classes - 1)
/// As in    torch.nn.CrossEntropyLoss
struct CrossEntropyLoss {
    /// The loss of each lane's image. `grad_output` receives `scale` times its gradient by the logits.
    template <std::size_t Classes, Number V>
    static constexpr V evaluate(const V* logits, const std::array<const std::uint8_t*, lane_count<V>>& labels, V scale,
                                V* grad_output) {
        V largest = logits[0];
        for (std::size_t k = 1; k < Classes; ++k) {
            largest = select_less(largest, logits[k], logits[k], largest);
        }
        V sum{};
        for (std::size_t k = 0; k < Classes; ++k) {
            grad_output[k] = math::exp(logits[k] - largest);
            sum += grad_output[k];
        }
        V loss{};
        const V factor = scale / sum;
        for (std::size_t k = 0; k < Classes; ++k) {
            grad_output[k] = grad_output[k] * factor;
        }
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const std::size_t label = *labels[lane];
            V& gradient = grad_output[label];
            set_lane(gradient, lane, get_lane(gradient, lane) - get_lane(scale, lane));
            set_lane(loss, lane,
                     math::log(get_lane(sum, lane)) + (get_lane(largest, lane) - get_lane(logits[label], lane)));
        }
        return loss;
    }
};

}  // namespace ctcnn

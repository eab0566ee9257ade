// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// CrossEntropyLoss: -log softmax(logits)[label], in nats; the mean over the batch. Softmax and logarithm are one step,
/// so that logits of any size (+-1e4 and more) give neither infinity nor NaN.
///   label_smoothing: this part of the target is spread over all classes, 0 to 1. It keeps a network from
///   becoming overconfident.
/// Shapes   logits (classes), label (0, ..., classes - 1)
/// As in    torch.nn.CrossEntropyLoss
/// Source   label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016
struct CrossEntropyLoss {
    float label_smoothing = 0;

    /// Throws   std::invalid_argument for a label_smoothing that is not a part, 0 to 1
    constexpr void validate() const {
        // NaN is found by its bits: comparisons with it mean nothing under -ffast-math.
        if (!(detail_::math::is_finite(label_smoothing) && label_smoothing >= 0 && label_smoothing <= 1)) {
            throw std::invalid_argument("CrossEntropyLoss::label_smoothing is a part of the target: choose 0 to 1");
        }
    }

    /// The same for a network with so many outputs.
    template <std::size_t Outputs>
    constexpr void validate() const {
        static_assert(
            Outputs != 1,
            "CrossEntropyLoss of one output is always 0, so that nothing is learned: give the network one output "
            "for each class, as in Linear<84, 2> for two classes, or use MSELoss for a number");
        validate();
    }

    /// The loss of each lane's image. `grad_output` receives `scale` times its gradient with respect to the logits.
    template <std::size_t Classes, detail_::Number V, std::integral Label = std::uint8_t>
    constexpr V evaluate(const V* logits, const std::array<const Label*, detail_::lane_count<V>>& labels, V scale,
                         V* grad_output) const {
        using namespace detail_;
        using T = scalar_t<V>;
        const T spread = static_cast<T>(label_smoothing);
        const T kept = T(1) - spread;
        V largest = logits[0];
        for (std::size_t k = 1; k < Classes; ++k) {
            largest = larger(largest, logits[k]);
        }
        const V sum = pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) {
            grad_output[k] = math::exp(logits[k] - largest);
            return part + grad_output[k];
        });
        const V factor = scale / sum;
        for (std::size_t k = 0; k < Classes; ++k) {
            grad_output[k] = grad_output[k] * factor;
        }
        V loss{};
        if (spread > 0) {
            const V share = broadcast<V>(spread / static_cast<T>(Classes));
            loss = share * pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) {
                       grad_output[k] = grad_output[k] - scale * share;
                       return part + (largest - logits[k]);
                   });
        }
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            const auto label = static_cast<std::size_t>(*labels[lane]);
            V& gradient = grad_output[label];
            set_lane(gradient, lane, get_lane(gradient, lane) - kept * get_lane(scale, lane));
            const T nats =
                math::log(get_lane(sum, lane)) + kept * (get_lane(largest, lane) - get_lane(logits[label], lane));
            set_lane(loss, lane, get_lane(loss, lane) + nats);
        }
        return loss;
    }
};

}  // namespace CTCNN_API

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
#include <ctcnn/core/softmax.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/loss/target.hpp>
#include <ctcnn/loss/weights.hpp>

namespace CTCNN_API {

/// CrossEntropyLoss: -log softmax(logits)[label], in nats; the mean over the batch. Softmax and logarithm are one step,
/// so that logits of any size (+-1e4 and more) give neither infinity nor NaN.
///   weight: of each class; without it, 1 each. The loss of an image is multiplied by the weight of its label, and the
///   mean divides by the sum of these weights.
///   ignore_index: images of this label have no loss, no gradient and no part in the mean.
///   label_smoothing: this part of the target is spread over all classes, 0 to 1. It keeps a network from
///   becoming overconfident.
/// A target may also be a tensor, the probability of each class: the loss is -sum(weight * target * log softmax), and
/// its mean divides by the number of images.
/// Shapes   logits (classes), label (0, ..., classes - 1) or probabilities (classes)
/// As in    torch.nn.CrossEntropyLoss
/// Source   label smoothing: Szegedy et al., "Rethinking the Inception architecture for computer vision", CVPR 2016
struct CrossEntropyLoss {
    Weights weight = {};
    std::int64_t ignore_index = -100;
    float label_smoothing = 0;

    /// Throws   std::invalid_argument for a label_smoothing that is not a part, 0 to 1, and a weight that is negative
    constexpr void validate() const {
        // NaN is found by its bits: comparisons with it mean nothing under -ffast-math.
        if (!(detail_::math::is_finite(label_smoothing) && label_smoothing >= 0 && label_smoothing <= 1)) {
            throw std::invalid_argument("CrossEntropyLoss::label_smoothing is a part of the target: choose 0 to 1");
        }
        detail_::validate_weights("CrossEntropyLoss::weight", weight);
    }

    /// The same for a network with so many outputs.
    template <std::size_t Outputs>
    constexpr void validate() const {
        static_assert(
            Outputs != 1,
            "CrossEntropyLoss of one output is always 0, so that nothing is learned: give the network one output "
            "for each class, as in Linear<84, 2> for two classes, or use MSELoss for a number");
        validate();
        detail_::validate_weights("CrossEntropyLoss::weight", weight, Outputs);
    }

    /// The part of a label in the mean.
    constexpr float target_weight(std::integral auto label) const {
        return is_ignored(static_cast<std::int64_t>(label))
                   ? 0
                   : detail_::weight_of(weight, static_cast<std::size_t>(label));
    }

    /// The loss of each lane's image. `grad_output` receives `scale` times its gradient with respect to the logits. Not
    /// inlined: training and evaluation share one function.
    template <std::size_t Classes, detail_::Number V, std::integral Label = std::uint8_t>
    [[gnu::noinline]] constexpr V evaluate(const V* logits,
                                           const std::array<const Label*, detail_::lane_count<V>>& labels, V scale,
                                           V* grad_output) const {
        using namespace detail_;
        using T = scalar_t<V>;
        const T spread = static_cast<T>(label_smoothing);
        const T kept = T(1) - spread;
        const auto common = powers<Classes>(logits, grad_output);
        const V largest = common.largest;
        const V sum = common.sum;
        // Of each lane's target: the part at its label, what is spread over each class, and the sum of all, by weights.
        const V label_weight =
            lane_by_lane<V>([&](std::size_t lane) { return static_cast<T>(target_weight(*labels[lane])); });
        const V own = broadcast<V>(kept) * label_weight;
        const V share = lane_by_lane<V>([&](std::size_t lane) {
            return is_ignored(static_cast<std::int64_t>(*labels[lane])) ? T(0) : spread / static_cast<T>(Classes);
        });
        const V whole = weight.empty() ? label_weight : multiply_add(share, broadcast<V>(weight_sum<T>()), own);
        const V factor = whole * scale / sum;
        for (std::size_t k = 0; k < Classes; ++k) {
            grad_output[k] = grad_output[k] * factor;
        }
        V loss{};
        if (spread > 0) {
            loss = share * pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) {
                       const V weight_of_class = broadcast<V>(static_cast<T>(weight_of(weight, k)));
                       grad_output[k] = grad_output[k] - scale * share * weight_of_class;
                       return part + weight_of_class * (largest - logits[k]);
                   });
        }
        for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
            if (is_ignored(static_cast<std::int64_t>(*labels[lane]))) {
                set_lane(loss, lane, T(0));  // Not 0 * infinity.
                continue;                    // There may be no such class.
            }
            const auto label = static_cast<std::size_t>(*labels[lane]);
            V& gradient = grad_output[label];
            set_lane(gradient, lane, get_lane(gradient, lane) - get_lane(own, lane) * get_lane(scale, lane));
            const T nats = get_lane(whole, lane) * math::log(get_lane(sum, lane)) +
                           get_lane(own, lane) * (get_lane(largest, lane) - get_lane(logits[label], lane));
            set_lane(loss, lane, get_lane(loss, lane) + nats);
        }
        return loss;
    }

    /// The same for probabilities of the classes.
    template <std::size_t Classes, detail_::Number V, typename S>
    constexpr V evaluate(const V* logits,
                         const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
                         V scale, V* grad_output) const {
        using namespace detail_;
        using T = scalar_t<V>;
        const T spread = static_cast<T>(label_smoothing);
        const auto target = [&](std::size_t k) {
            return broadcast<V>(static_cast<T>(weight_of(weight, k))) *
                   multiply_add(broadcast<V>(T(1) - spread), target_in_lanes<V>(targets, k),
                                broadcast<V>(spread / static_cast<T>(Classes)));
        };
        const auto common = powers<Classes>(logits, grad_output);
        const V largest = common.largest;
        const V sum = common.sum;
        const V whole = pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) { return part + target(k); });
        const V factor = whole / sum;
        const V distance = pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) {
            const V wanted = target(k);
            grad_output[k] = scale * (grad_output[k] * factor - wanted);
            return multiply_add(wanted, largest - logits[k], part);
        });
        return multiply_add(whole, math::log(sum), distance);
    }

private:
    constexpr bool is_ignored(std::int64_t label) const { return label == ignore_index; }

    /// The powers of the logits, relative to the largest, and what they have in common.
    template <std::size_t Classes, detail_::Number V>
    static constexpr detail_::SoftmaxCommon<V> powers(const V* logits, V* result) {
        using namespace detail_;
        V largest = logits[0];
        for (std::size_t k = 1; k < Classes; ++k) {
            largest = larger(largest, logits[k]);
        }
        return {largest, pairwise_sum<V>(0, Classes, [&](V part, std::size_t k) {
                    result[k] = math::exp(logits[k] - largest);
                    return part + result[k];
                })};
    }

    template <typename T>
    constexpr T weight_sum() const {
        T sum = 0;
        for (std::size_t k = 0; k < weight.size(); ++k) {
            sum += static_cast<T>(weight[k]);
        }
        return sum;
    }
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/loss/target.hpp>
#include <ctcnn/loss/weights.hpp>

namespace CTCNN_API {

/// BCEWithLogitsLoss: -(pos_weight target log sigmoid(x) + (1 - target) log(1 - sigmoid(x))), in nats; the mean over
/// the batch and over the outputs, each of which is a yes or no of its own. Sigmoid and logarithm are one step, so that
/// logits of any size give neither infinity nor NaN.
///   pos_weight: what a target of 1 weighs, one number for each output; without it, 1.
/// Shapes   logits and target alike, targets from 0 to 1; with one output, a target may be a label, 0 or 1
/// As in    torch.nn.BCEWithLogitsLoss
struct BCEWithLogitsLoss {
    Weights pos_weight = {};

    /// Throws   std::invalid_argument for a weight that is negative, and for another number of weights than outputs
    constexpr void validate() const { detail_::validate_weights("BCEWithLogitsLoss::pos_weight", pos_weight); }
    template <std::size_t Outputs>
    constexpr void validate() const {
        validate();
        detail_::validate_weights("BCEWithLogitsLoss::pos_weight", pos_weight, Outputs);
    }

    /// The labels are 0 and 1, although there is one output.
    static constexpr std::size_t label_count(std::size_t) { return 2; }

    template <std::size_t Outputs, detail_::Number V, typename S>
    constexpr V evaluate(const V* logits,
                         const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
                         V scale, V* grad_output) const {
        return detail_::mean_over_outputs<Outputs>(logits, targets, scale, grad_output,
                                                   [this](V x, V target, std::size_t k) { return of(x, target, k); });
    }
    template <std::size_t Outputs, detail_::Number V, std::integral Label>
        requires(Outputs == 1)
    constexpr V evaluate(const V* logits, const std::array<const Label*, detail_::lane_count<V>>& labels, V scale,
                         V* grad_output) const {
        using namespace detail_;
        V target{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            set_lane(target, lane, static_cast<scalar_t<V>>(*labels[lane]));
        }
        const auto [loss, slope] = of(logits[0], target, 0);
        grad_output[0] = scale * slope;
        return loss;
    }

private:
    /// The loss of one logit, and its derivative. With s = log(1 + e^-|x|), -log sigmoid(x) is max(-x, 0) + s, and
    /// -log(1 - sigmoid(x)) is max(x, 0) + s.
    template <detail_::Number V>
    constexpr std::pair<V, V> of(V x, V target, std::size_t k) const {
        using namespace detail_;
        const V zero{};
        const V yes = broadcast<V>(static_cast<scalar_t<V>>(weight_of(pos_weight, k))) * target;
        const V no = broadcast<V>(1) - target;
        const V soft = math::log1p(math::exp(-magnitude(x)));
        return {no * (at_least(x, zero) + soft) + yes * (at_least(-x, zero) + soft),
                no * math::sigmoid(x) - yes * math::sigmoid(-x)};
    }
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/target.hpp>
#include <ctcnn/loss/weights.hpp>

namespace CTCNN_API {

/// NLLLoss: -output[label], the negative log-likelihood of a network that ends in LogSoftmax; the mean over the batch.
/// weight and ignore_index are those of CrossEntropyLoss.
/// Shapes   outputs (classes), label (0, ..., classes - 1)
/// As in    torch.nn.NLLLoss
struct NLLLoss {
    Weights weight = {};
    std::int64_t ignore_index = -100;

    /// Throws   std::invalid_argument for a weight that is negative, and for another number of weights than outputs
    constexpr void validate() const { detail_::validate_weights("NLLLoss::weight", weight); }
    template <std::size_t Outputs>
    constexpr void validate() const {
        validate();
        detail_::validate_weights("NLLLoss::weight", weight, Outputs);
    }

    /// The part of a label in the mean.
    constexpr float target_weight(std::integral auto label) const {
        return detail_::weight_of_label(weight, ignore_index, static_cast<std::int64_t>(label));
    }

    /// The loss of each lane's image. `grad_output` receives `scale` times its gradient with respect to the outputs.
    template <std::size_t Classes, detail_::Number V, std::integral Label>
    constexpr V evaluate(const V* outputs, const std::array<const Label*, detail_::lane_count<V>>& labels, V scale,
                         V* grad_output) const {
        using namespace detail_;
        std::fill_n(grad_output, Classes, V{});
        V loss{};
        for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
            if (static_cast<std::int64_t>(*labels[lane]) == ignore_index) {
                continue;  // There may be no such class.
            }
            const auto label = static_cast<std::size_t>(*labels[lane]);
            const auto own = static_cast<scalar_t<V>>(weight_of(weight, label));
            set_lane(loss, lane, -own * get_lane(outputs[label], lane));
            set_lane(grad_output[label], lane, -own * get_lane(scale, lane));
        }
        return loss;
    }
};

}  // namespace CTCNN_API

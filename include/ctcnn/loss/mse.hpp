// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/target.hpp>

namespace CTCNN_API {

/// MSELoss: the mean of (output - target)^2 over the batch and over the elements of the output.
/// Shapes   output and target alike; of two outputs or more, a label may stand for the target that is 1 at the label
///          and 0 elsewhere
/// As in    torch.nn.MSELoss
struct MSELoss {
    template <std::size_t Outputs, detail_::Number V, typename Target>
        requires(Outputs != 1 || !std::integral<Target>)
    static constexpr V evaluate(const V* outputs, const std::array<const Target*, detail_::lane_count<V>>& targets,
                                V scale, V* grad_output) {
        using namespace detail_;
        const V weight = broadcast<V>(scalar_t<V>(1) / static_cast<scalar_t<V>>(Outputs));
        const V factor = broadcast<V>(2) * weight * scale;
        return weight * pairwise_sum<V>(0, Outputs, [&](V sum, std::size_t k) {
                   const V difference = outputs[k] - target_in_lanes<V>(targets, k);
                   grad_output[k] = factor * difference;
                   return multiply_add(difference, difference, sum);
               });
    }
};

}  // namespace CTCNN_API

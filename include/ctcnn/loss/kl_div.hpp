// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/loss/target.hpp>

namespace CTCNN_API {

/// KLDivLoss: the Kullback-Leibler divergence sum(target (log target - output)) of a network that ends in LogSoftmax;
/// the mean over the batch. An element whose target is 0 adds 0, and a negative one makes the loss NaN.
///   log_target: the targets are logarithms of probabilities too; with one of -infinity the loss is not finite.
/// Shapes   output and target alike
/// As in    torch.nn.KLDivLoss(reduction="batchmean"); PyTorch's default divides by the number of outputs as well, and
///          warns that this is not the divergence
struct KLDivLoss {
    bool log_target = false;

    template <std::size_t Outputs, detail_::Number V, typename S>
    constexpr V evaluate(const V* outputs,
                         const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
                         V scale, V* grad_output) const {
        using namespace detail_;
        return sum_over_outputs<Outputs>(outputs, targets, scale, grad_output, [this](V output, V target, std::size_t) {
            if (log_target) {
                const V part = math::exp(target);
                return std::pair(part * (target - output), -part);
            }
            const V zero{};
            const V one = broadcast<V>(1);
            const V logarithm = math::log(select_equal(target, zero, one, target));
            return std::pair(target * logarithm - target * output, -target);
        });
    }
};

}  // namespace CTCNN_API

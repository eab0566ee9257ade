// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/loss/target.hpp>

namespace CTCNN_API {

/// L1Loss: the mean of |output - target| over the batch and over the elements of the output.
/// Shapes   output and target alike
/// As in    torch.nn.L1Loss
struct L1Loss {
    template <std::size_t Outputs, detail_::Number V, typename S>
    static constexpr V evaluate(
        const V* outputs, const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
        V scale, V* grad_output) {
        return detail_::mean_over_outputs<Outputs>(
            outputs, targets, scale, grad_output, [](V output, V target, std::size_t) {
                const V difference = output - target;
                return std::pair(detail_::magnitude(difference), detail_::sign(difference));
            });
    }
};

/// SmoothL1Loss: d^2/(2 beta) where |d| < beta, |d| - beta/2 elsewhere, for d = output - target; the mean over the
/// batch and over the elements of the output. A beta of 0 makes it the L1Loss.
/// Shapes   output and target alike
/// As in    torch.nn.SmoothL1Loss
/// Source   Girshick, "Fast R-CNN", ICCV 2015
struct SmoothL1Loss {
    float beta = 1;

    /// Throws   std::invalid_argument for a beta that is negative, infinite or NaN
    constexpr void validate() const {
        if (!(detail_::math::is_finite(beta) && beta >= 0)) {
            throw std::invalid_argument("SmoothL1Loss::beta is a distance: choose 0 or more");
        }
    }

    template <std::size_t Outputs, detail_::Number V, typename S>
    constexpr V evaluate(const V* outputs,
                         const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
                         V scale, V* grad_output) const {
        using namespace detail_;
        using T = scalar_t<V>;
        const V limit = broadcast<V>(static_cast<T>(beta));
        const V divisor = broadcast<V>(beta > 0 ? static_cast<T>(beta) : T(1));  // 1/beta may be infinite.
        const V half = broadcast<V>(T(0.5));
        return mean_over_outputs<Outputs>(outputs, targets, scale, grad_output, [=](V output, V target, std::size_t) {
            const V d = output - target;
            const V far = magnitude(d);
            return std::pair(select_less(far, limit, half * d * d / divisor, far - half * limit),
                             select_less(far, limit, d / divisor, sign(d)));
        });
    }
};

/// HuberLoss: d^2/2 where |d| < delta, delta (|d| - delta/2) elsewhere, for d = output - target; the mean over the
/// batch and over the elements of the output. It is delta times the SmoothL1Loss whose beta is delta.
/// Shapes   output and target alike
/// As in    torch.nn.HuberLoss
/// Source   Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 1964
struct HuberLoss {
    float delta = 1;

    /// Throws   std::invalid_argument for a delta that is 0, negative, infinite or NaN
    constexpr void validate() const {
        if (!(detail_::math::is_finite(delta) && delta > 0)) {
            throw std::invalid_argument("HuberLoss::delta is a distance: choose a number above 0");
        }
    }

    template <std::size_t Outputs, detail_::Number V, typename S>
    constexpr V evaluate(const V* outputs,
                         const std::array<const Tensor<detail_::scalar_t<V>, S>*, detail_::lane_count<V>>& targets,
                         V scale, V* grad_output) const {
        using namespace detail_;
        const V limit = broadcast<V>(static_cast<scalar_t<V>>(delta));
        const V half = broadcast<V>(scalar_t<V>(0.5));
        return mean_over_outputs<Outputs>(outputs, targets, scale, grad_output, [=](V output, V target, std::size_t) {
            const V d = output - target;
            const V far = magnitude(d);
            return std::pair(select_less(far, limit, half * d * d, limit * (far - half * limit)),
                             select_less(far, limit, d, limit * sign(d)));
        });
    }
};

}  // namespace CTCNN_API

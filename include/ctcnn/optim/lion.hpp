// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/update_each.hpp>

namespace CTCNN_API {

/// Lion: steps of one size for all parameters, whose sign the gradients and their mean decide.
///   p = p - lr * weight_decay * p;  p = p - lr * sign(betas[0] * m + (1 - betas[0]) * gradient)
///   m = betas[1] * m + (1 - betas[1]) * gradient
/// As in    lion_pytorch.Lion
/// Source   Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023
struct Lion {
    float lr = 1e-4f;
    std::array<double, 2> betas{0.9, 0.99};
    float weight_decay = 0;

    /// Throws   std::invalid_argument for numbers below 0, betas of 1 or more, and numbers that are not finite
    constexpr void validate() const {
        detail_::require_from_zero(lr, "Lion::lr, the learning rate, must be a number from 0 on");
        detail_::require_from_zero(weight_decay, "Lion::weight_decay must be a number from 0 on");
        for (const double beta : betas) {
            detail_::require_below_one(beta, "Lion::betas must be at least 0 and below 1");
        }
    }

    /// The mean of each parameter's gradients.
    static constexpr std::size_t state_count = 1;

    /// One step on any part of the parameters, as SGD::step.
    template <typename T>
    [[gnu::noinline]] constexpr void step(std::span<T> parameters, std::span<const T> gradients,
                                          std::array<std::span<T>, state_count> state,
                                          std::uint64_t /*number*/ = 1) const {
        using namespace detail_;
        const T rate = static_cast<T>(lr);
        const T keep = static_cast<T>(1 - static_cast<double>(lr) * static_cast<double>(weight_decay));
        const T share_now = static_cast<T>(1 - betas[0]);
        const T share = static_cast<T>(1 - betas[1]);
        update_each(parameters, gradients, state, [&]<Number V>(V& parameter, V gradient, std::array<V, 1>& numbers) {
            V& mean = numbers[0];
            const V zero{};
            // A beta of 0 leaves nothing of the mean, as in adam_update.
            const V direction = share_now < 1 ? multiply_add(broadcast<V>(share_now), gradient - mean, mean) : gradient;
            // NaN is neither below nor above 0: it is added, and stays NaN.
            const V step = select_nan(direction, direction,
                                      select_less(direction, zero, broadcast<V>(-rate),
                                                  select_less(zero, direction, broadcast<V>(rate), zero)));
            parameter = multiply_add(parameter, broadcast<V>(keep), -step);
            mean = share < 1 ? multiply_add(broadcast<V>(share), gradient - mean, mean) : gradient;
        });
    }
};

}  // namespace CTCNN_API

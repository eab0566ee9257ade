// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/update_each.hpp>

namespace CTCNN_API {

/// AdamW: Adam whose weight decay shrinks the parameters themselves, and is no part of the gradients.
///   p = p - lr * weight_decay * p, and then the step of Adam without weight decay
/// As in    torch.optim.AdamW
/// Source   Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019
struct AdamW {
    float lr = 1e-3f;
    std::array<double, 2> betas{0.9, 0.999};
    float eps = 1e-8f;
    float weight_decay = 1e-2f;

    /// Throws   std::invalid_argument for what torch.optim.AdamW refuses: numbers below 0, betas of 1 or more; and for
    ///          those that are not finite
    constexpr void validate() const {
        detail_::require_from_zero(lr, "AdamW::lr, the learning rate, must be a number from 0 on");
        detail_::require_from_zero(eps, "AdamW::eps must be a number from 0 on");
        detail_::require_from_zero(weight_decay, "AdamW::weight_decay must be a number from 0 on");
        for (const double beta : betas) {
            detail_::require_below_one(beta, "AdamW::betas must be at least 0 and below 1");
        }
    }

    /// The mean of each parameter's gradients, and of their squares.
    static constexpr std::size_t state_count = 2;

    /// One step on any part of the parameters, as SGD::step.
    template <typename T>
    [[gnu::noinline]] constexpr void step(std::span<T> parameters, std::span<const T> gradients,
                                          std::array<std::span<T>, state_count> state, std::uint64_t number) const {
        using namespace detail_;
        const auto factors = adam_factors<T>(*this, number, 0);
        forget_unless_shared(state[0], factors.mean_share);
        forget_unless_shared(state[1], factors.square_share);
        const T minus_decay = static_cast<T>(-static_cast<double>(lr) * static_cast<double>(weight_decay));
        update_each(parameters, gradients, state, [&]<Number V>(V& parameter, V gradient, std::array<V, 2>& numbers) {
            parameter = multiply_add(broadcast<V>(minus_decay), parameter, parameter);
            adam_update(factors, parameter, gradient, numbers[0], numbers[1]);
        });
    }
};

}  // namespace CTCNN_API

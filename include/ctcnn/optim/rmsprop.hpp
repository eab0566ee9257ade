// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/update_each.hpp>

namespace CTCNN_API {

/// RMSprop: gradients divided by the root of the mean of their squares.
///   g = gradient + weight_decay * p;  v = alpha * v + (1 - alpha) * g^2;  a = sqrt(v) + eps
///   momentum: b = momentum * b + g / a;  p = p - lr * b;  without: p = p - lr * g / a
///   centered: m = alpha * m + (1 - alpha) * g;  a = sqrt(v - m^2) + eps, where a difference below 0 counts as 0
/// As in    torch.optim.RMSprop
/// Source   Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", 2012
struct RMSprop {
    float lr = 1e-2f;
    double alpha = 0.99;
    float eps = 1e-8f;
    float weight_decay = 0;
    float momentum = 0;
    bool centered = false;

    /// Throws   std::invalid_argument for what torch.optim.RMSprop refuses: numbers below 0; and for an alpha of 1 or
    ///          more and numbers that are not finite
    constexpr void validate() const {
        detail_::require_from_zero(lr, "RMSprop::lr, the learning rate, must be a number from 0 on");
        detail_::require_below_one(alpha, "RMSprop::alpha must be at least 0 and below 1");
        detail_::require_from_zero(eps, "RMSprop::eps must be a number from 0 on");
        detail_::require_from_zero(weight_decay, "RMSprop::weight_decay must be a number from 0 on");
        detail_::require_from_zero(momentum, "RMSprop::momentum must be a number from 0 on");
    }

    /// The mean of the squares of each parameter's gradients, the velocity, and the mean of the gradients.
    static constexpr std::size_t state_count = 3;

    /// One step on any part of the parameters, as SGD::step.
    template <typename T>
    [[gnu::noinline]] constexpr void step(std::span<T> parameters, std::span<const T> gradients,
                                          std::array<std::span<T>, state_count> state,
                                          std::uint64_t /*number*/ = 1) const {
        using namespace detail_;
        const T minus_rate = -static_cast<T>(lr);
        const T share = static_cast<T>(1 - alpha);
        const T least = static_cast<T>(eps);
        const T decay = static_cast<T>(weight_decay);
        const T keep = static_cast<T>(momentum);
        forget_unless_shared(state[0], share);
        forget_unless_shared(state[2], share);
        update_each(parameters, gradients, state, [&]<Number V>(V& parameter, V gradient, std::array<V, 3>& numbers) {
            V& square = numbers[0];
            V& velocity = numbers[1];
            V& mean = numbers[2];
            gradient = multiply_add(broadcast<V>(decay), parameter, gradient);
            square = multiply_add(broadcast<V>(share), multiply_add(gradient, gradient, -square), square);
            V variance = square;
            if (centered) {
                mean = multiply_add(broadcast<V>(share), gradient - mean, mean);
                variance = at_least(multiply_add(-mean, mean, square), broadcast<V>(0));
            }
            const V scaled = gradient / (math::processor_sqrt(variance) + broadcast<V>(least));
            velocity = multiply_add(broadcast<V>(keep), velocity, scaled);
            parameter = multiply_add(broadcast<V>(minus_rate), velocity, parameter);
        });
    }
};

}  // namespace CTCNN_API

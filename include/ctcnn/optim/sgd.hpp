// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>

namespace CTCNN_API {

/// SGD: stochastic gradient descent.
///   g = gradient + weight_decay * p;  v = momentum * v + g;  p = p - lr * v  (nesterov: p - lr * (g + momentum * v))
///   dampening: v = momentum * v + (1 - dampening) * g from the second step on
/// As in    torch.optim.SGD
struct SGD {
    float lr = 1e-3f;
    float momentum = 0;
    float dampening = 0;
    float weight_decay = 0;
    bool nesterov = false;

    /// Throws   std::invalid_argument for what torch.optim.SGD refuses: numbers below 0, nesterov without momentum or
    ///          with dampening; and for those that are not finite
    constexpr void validate() const {
        detail_::require_from_zero(lr, "SGD::lr, the learning rate, must be a number from 0 on");
        detail_::require_from_zero(momentum, "SGD::momentum must be a number from 0 on");
        detail_::require_from_zero(weight_decay, "SGD::weight_decay must be a number from 0 on");
        detail_::refuse_unless(detail_::math::is_finite(dampening), "SGD::dampening must be a number");
        if (nesterov && (!(momentum > 0) || dampening > 0 || dampening < 0)) {
            throw std::invalid_argument(
                "SGD::nesterov looks ahead along the momentum: choose a momentum above 0, and no dampening");
        }
    }

    /// How many numbers an optimizer remembers for each parameter: here the velocity.
    static constexpr std::size_t state_count = 1;

    /// One step on any part of the parameters; the spans have the same length, and the state is zero before the first
    /// step. Every parameter is computed for itself, so the result does not depend on how the parameters are cut into
    /// parts.
    template <typename T>
    [[gnu::noinline]] constexpr void step(std::span<T> parameters, std::span<const T> gradients,
                                          std::array<std::span<T>, state_count> state, std::uint64_t number = 1) const {
        const T rate = static_cast<T>(lr);
        const T decay = static_cast<T>(weight_decay);
        const T keep = static_cast<T>(momentum);
        T* p = parameters.data();
        const T* g = gradients.data();
        if (!(momentum > 0)) {
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                p[i] -= rate * (g[i] + decay * p[i]);
            }
            return;
        }
        T* v = state[0].data();
        if (number != 1 && (dampening > 0 || dampening < 0)) {
            const T damp = static_cast<T>(dampening);
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                const T gradient = g[i] + decay * p[i];
                const T damped = gradient - damp * gradient;
                v[i] = keep * v[i] + damped;
                p[i] -= rate * v[i];
            }
            return;
        }
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const T gradient = g[i] + decay * p[i];
            v[i] = keep * v[i] + gradient;
            p[i] -= rate * (nesterov ? gradient + keep * v[i] : v[i]);
        }
    }

    /// One step on whole arrays, such as net.parameters() and result.gradients.parameters(), with the velocity of each
    /// parameter, zero before the first step. With dampening, steps are numbered from 1.
    /// Throws   std::invalid_argument if their lengths differ, and what validate() throws
    template <typename Parameters, typename Gradients, typename Velocity>
        requires std::same_as<typename std::remove_cvref_t<Parameters>::value_type,
                              typename std::remove_cvref_t<Velocity>::value_type>
    constexpr void step(Parameters&& parameters, const Gradients& gradients, Velocity&& velocity,
                        std::uint64_t number = 1) const {
        using T = typename std::remove_cvref_t<Parameters>::value_type;
        validate();
        const std::span<T> p(parameters);
        const std::span<const T> g(gradients);
        const std::span<T> v(velocity);
        detail_::require_lengths(p.size(), {g.size(), v.size()});
        step(p, g, {v}, number);
    }

    /// The same without momentum, which needs no velocity.
    /// Throws   std::invalid_argument if there is momentum, too
    template <typename Parameters, typename Gradients>
    constexpr void step(Parameters&& parameters, const Gradients& gradients) const {
        using T = typename std::remove_cvref_t<Parameters>::value_type;
        if (momentum > 0) {
            throw std::invalid_argument(
                "SGD with momentum remembers a velocity for each parameter: call step(parameters, gradients, "
                "velocity)");
        }
        validate();
        const std::span<T> p(parameters);
        const std::span<const T> g(gradients);
        detail_::require_lengths(p.size(), {g.size()});
        step(p, g, {});
    }
};

}  // namespace CTCNN_API

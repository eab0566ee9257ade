// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/square_root.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/power.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/update_each.hpp>

namespace CTCNN_DETAIL {

/// AdamFactors: what is the same for all parameters in a step of Adam.
template <typename T>
struct AdamFactors {
    T mean_share;
    T square_share;
    T minus_size;
    T root_scale;
    T least;
    T decay;
};

/// Those of Adam and AdamW, of which the second decays the parameters and not the gradients.
template <typename T, typename Settings>
constexpr AdamFactors<T> adam_factors(const Settings& settings, std::uint64_t number, float decay) {
    const double mean_correction = 1 - power(settings.betas[0], number);
    const double square_correction = 1 - power(settings.betas[1], number);
    return {.mean_share = static_cast<T>(1 - settings.betas[0]),
            .square_share = static_cast<T>(1 - settings.betas[1]),
            .minus_size = static_cast<T>(-static_cast<double>(settings.lr) / mean_correction),
            .root_scale = static_cast<T>(1 / math::sqrt(square_correction)),
            .least = static_cast<T>(settings.eps),
            .decay = static_cast<T>(decay)};
}

/// The update of one parameter, or of a register of them.
template <Number V>
[[gnu::always_inline]] constexpr void adam_update(const AdamFactors<scalar_t<V>>& factors, V& parameter, V gradient,
                                                  V& mean, V& square) {
    gradient = multiply_add(broadcast<V>(factors.decay), parameter, gradient);
    mean = multiply_add(broadcast<V>(factors.mean_share), gradient - mean, mean);
    square = multiply_add(broadcast<V>(factors.square_share), multiply_add(gradient, gradient, -square), square);
    const V root = math::processor_sqrt(square);
    const V divisor = multiply_add(root, broadcast<V>(factors.root_scale), broadcast<V>(factors.least));
    parameter = multiply_add(broadcast<V>(factors.minus_size), mean / divisor, parameter);
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// Adam: steps of a size that each parameter's own recent gradients decide.
///   g = gradient + weight_decay * p;  m = betas[0] * m + (1 - betas[0]) * g;  v = betas[1] * v + (1 - betas[1]) * g^2
///   p = p - lr * M / (sqrt(V) + eps),  M = m / (1 - betas[0]^number),  V = v / (1 - betas[1]^number)
/// As in    torch.optim.Adam
/// Source   Kingma and Ba, "Adam: A method for stochastic optimization", ICLR 2015
struct Adam {
    float lr = 1e-3f;
    std::array<double, 2> betas{0.9, 0.999};
    float eps = 1e-8f;
    float weight_decay = 0;

    /// Throws   std::invalid_argument for what torch.optim.Adam refuses: numbers below 0, betas of 1 or more; and for
    ///          those that are not finite
    constexpr void validate() const {
        detail_::require_from_zero(lr, "Adam::lr, the learning rate, must be a number from 0 on");
        detail_::require_from_zero(eps, "Adam::eps must be a number from 0 on");
        detail_::require_from_zero(weight_decay, "Adam::weight_decay must be a number from 0 on");
        for (const double beta : betas) {
            detail_::require_below_one(beta, "Adam::betas must be at least 0 and below 1");
        }
    }

    /// How many numbers an optimizer remembers for each parameter: here the mean of its gradients, and of their
    /// squares.
    static constexpr std::size_t state_count = 2;

    /// One step on any part of the parameters; the spans have the same length, and the state is zero before the first
    /// step. Steps are numbered from 1. Every parameter is computed for itself, so the result does not depend on how
    /// the parameters are cut into parts.
    template <typename T>
    [[gnu::noinline]] constexpr void step(std::span<T> parameters, std::span<const T> gradients,
                                          std::array<std::span<T>, state_count> state, std::uint64_t number) const {
        using namespace detail_;
        const auto factors = adam_factors<T>(*this, number, weight_decay);
        forget_unless_shared(state[0], factors.mean_share);
        forget_unless_shared(state[1], factors.square_share);
        update_each(parameters, gradients, state, [&factors](auto& parameter, auto gradient, auto& numbers) {
            adam_update(factors, parameter, gradient, numbers[0], numbers[1]);
        });
    }

    /// One step on whole arrays, such as net.parameters() and result.gradients.parameters(), with the means of each
    /// parameter's gradients and of their squares, zero before the first step. Steps are numbered from 1.
    /// Throws   std::invalid_argument if their lengths differ or the number is 0, and what validate() throws
    template <typename Parameters, typename Gradients, typename Means, typename Squares>
        requires std::same_as<typename std::remove_cvref_t<Parameters>::value_type,
                              typename std::remove_cvref_t<Means>::value_type> &&
                 std::same_as<typename std::remove_cvref_t<Parameters>::value_type,
                              typename std::remove_cvref_t<Squares>::value_type>
    constexpr void step(Parameters&& parameters, const Gradients& gradients, Means&& means, Squares&& squares,
                        std::uint64_t number) const {
        using T = typename std::remove_cvref_t<Parameters>::value_type;
        validate();
        if (number == 0) {
            throw std::invalid_argument("the steps of Adam are numbered from 1");
        }
        const std::span<T> p(parameters);
        const std::span<const T> g(gradients);
        const std::span<T> m(means);
        const std::span<T> v(squares);
        detail_::require_lengths(p.size(), {g.size(), m.size(), v.size()});
        step(p, g, {m, v}, number);
    }
};

}  // namespace CTCNN_API

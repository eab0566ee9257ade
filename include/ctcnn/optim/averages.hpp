// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/tensor_step.hpp>

namespace CTCNN_DETAIL {

/// AverageOf: an optimizer that keeps an average of the parameters beside them, in the last of its numbers. Derived has
/// share_of(number): the part of the parameters in the average after a step, 0 where they are no part of it, 1 where
/// the average begins.
template <typename Derived, typename Optimizer>
struct AverageOf {
    static constexpr bool is_average = true;
    static constexpr std::size_t state_count = Optimizer::state_count + 1;
    static constexpr bool whole_tensors = detail_::whole_tensors<Optimizer>;

    static constexpr bool is_frozen(const ParameterTensor& tensor) { return detail_::is_frozen<Optimizer>(tensor); }
    template <typename T>
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
        return detail_::scratch_size<Optimizer, T>(tensor);
    }
    template <const auto& Tensors>
    static consteval bool names_exist() {
        if constexpr (requires { Optimizer::template names_exist<Tensors>(); }) {
            return Optimizer::template names_exist<Tensors>();
        } else {
            return true;
        }
    }

    /// One step of the optimizer on a part of a tensor, and of the average.
    template <typename T>
    constexpr void step(const ParameterTensor& tensor, std::span<T> parameters, std::span<const T> gradients,
                        std::array<std::span<T>, state_count> state, std::uint64_t number, std::span<T> scratch) const {
        const auto& self = static_cast<const Derived&>(*this);
        std::array<std::span<T>, Optimizer::state_count> own;
        for (std::size_t s = 0; s < own.size(); ++s) {
            own[s] = state[s];
        }
        detail_::step_tensor(self.optimizer, tensor, parameters, gradients, own, number, scratch);
        const double share = self.share_of(number);
        const std::span<T> average = state[state_count - 1];
        if (!(share < 1)) {
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                average[i] = parameters[i];
            }
        } else if (share > 0) {
            const T part = static_cast<T>(share);
            for (std::size_t i = 0; i < parameters.size(); ++i) {
                average[i] += part * (parameters[i] - average[i]);
            }
        }
    }

    template <typename F>
    static constexpr void for_each_pair(const Derived& given, Derived& now, const F& f) {
        f(given.optimizer, now.optimizer);
    }
};

template <typename Optimizer>
constexpr void validate_inner(const Optimizer& optimizer) {
    if constexpr (requires { optimizer.validate(); }) {
        optimizer.validate();
    }
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// EMA: an optimizer that keeps an exponential moving average of the parameters beside them:
///   average = decay * average + (1 - decay) * p after each step; it begins with the parameters after the first one.
/// averaged(trainer) is the network with it.
/// As in    torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay), updated in each step
template <typename Optimizer>
struct EMA : detail_::AverageOf<EMA<Optimizer>, Optimizer> {
    Optimizer optimizer;
    double decay;

    constexpr explicit EMA(const Optimizer& of, double decay_of_average = 0.999)
        : optimizer(of), decay(decay_of_average) {}

    /// Throws   std::invalid_argument for a decay outside 0 to 1, and what the optimizer refuses
    constexpr void validate() const {
        detail_::require_from_zero(decay, "EMA::decay must be at least 0 and at most 1");
        detail_::refuse_unless(decay <= 1, "EMA::decay must be at least 0 and at most 1");
        detail_::validate_inner(optimizer);
    }
    constexpr double share_of(std::uint64_t number) const { return number == 1 ? 1 : 1 - decay; }
    /// How many times the parameters have been averaged after so many steps.
    static constexpr std::uint64_t averages(std::uint64_t steps) { return steps; }
};

template <typename Optimizer>
EMA(const Optimizer&, double = 0) -> EMA<Optimizer>;

/// SWA: an optimizer that keeps the mean of the parameters beside them: of those after every `every`-th step behind the
/// first `start` steps. averaged(trainer) is the network with it.
/// As in    torch.optim.swa_utils.AveragedModel, updated in these steps
/// Source   Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018
template <typename Optimizer>
struct SWA : detail_::AverageOf<SWA<Optimizer>, Optimizer> {
    Optimizer optimizer;
    std::uint64_t start;
    std::uint64_t every;

    constexpr explicit SWA(const Optimizer& of, std::uint64_t first_steps = 0, std::uint64_t steps_between = 1)
        : optimizer(of), start(first_steps), every(steps_between) {}

    /// Throws   std::invalid_argument for an `every` of 0, and what the optimizer refuses
    constexpr void validate() const {
        detail_::refuse_unless(every != 0, "SWA::every is 0: choose 1 or more steps");
        detail_::validate_inner(optimizer);
    }
    constexpr double share_of(std::uint64_t number) const {
        return number > start && (number - start) % every == 0 ? 1 / static_cast<double>(averages(number)) : 0;
    }
    constexpr std::uint64_t averages(std::uint64_t steps) const { return steps > start ? (steps - start) / every : 0; }
};
template <typename Optimizer>
SWA(const Optimizer&, std::uint64_t = 0, std::uint64_t = 0) -> SWA<Optimizer>;

}  // namespace CTCNN_API

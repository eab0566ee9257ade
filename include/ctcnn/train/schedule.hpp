// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>

namespace CTCNN_DETAIL::train {

/// Schedule: what FitOptions::schedule holds: nothing, or anything that can be called with a progress from 0 (first
/// step) to 1 (last), or else with a step, counted from 1, and the number of steps. It gives a factor of the learning
/// rate. A type may also have momentum(step, steps), which gives a momentum, or none to leave it as it is; such a type
/// is called with steps. And it may have validate().
class Schedule {
    using ByProgress = std::function<double(double)>;
    using ByStep = std::function<double(std::size_t, std::size_t)>;

    template <typename F>
    static constexpr bool has_momentum = requires(const F& schedule, std::size_t n) {
        { schedule.momentum(n, n) } -> std::convertible_to<std::optional<double>>;
    };

public:
    Schedule() = default;

    template <typename F>
        requires(!std::same_as<F, Schedule> &&
                 (std::constructible_from<ByProgress, F> || std::constructible_from<ByStep, F>))
    Schedule(F schedule) {
        if constexpr (requires { schedule.validate(); }) {
            validate_ = [schedule] { schedule.validate(); };
        }
        if constexpr (has_momentum<F>) {
            momentum_ = [schedule](std::size_t step, std::size_t steps) { return schedule.momentum(step, steps); };
        }
        if constexpr (std::constructible_from<ByProgress, F> && !has_momentum<F>) {
            if (ByProgress given(std::move(schedule)); given) {
                factor_ = [by_progress = std::move(given)](std::size_t step, std::size_t steps) {
                    const auto last = static_cast<double>(std::max<std::size_t>(steps - 1, 1));
                    return by_progress(static_cast<double>(step - 1) / last);
                };
            }
        } else {
            factor_ = std::move(schedule);
        }
    }

    explicit operator bool() const { return static_cast<bool>(factor_); }

    double factor(std::size_t step, std::size_t steps) const { return factor_(step, steps); }
    std::optional<double> momentum(std::size_t step, std::size_t steps) const {
        return momentum_ ? momentum_(step, steps) : std::nullopt;
    }
    /// Throws   what the schedule's own validate() throws
    void validate() const {
        if (validate_) {
            validate_();
        }
    }

private:
    ByStep factor_;
    std::function<std::optional<double>(std::size_t, std::size_t)> momentum_;
    std::function<void()> validate_;
};

[[noreturn, gnu::cold]] inline void refuse_schedule(const char* fault, std::size_t step) {
    Text<256> text;
    text.append("FitOptions::schedule ");
    text.append(fault);
    text.append(" in step ");
    text.append_number(step);
    throw std::invalid_argument(std::string(text.view()));
}

/// ScheduledOptimizer: an optimizer whose learning rate, and momentum, follow a schedule.
template <typename Optimizer>
class ScheduledOptimizer {
public:
    /// Throws   std::invalid_argument for a schedule and an optimizer without lr, and what the schedule's validate()
    ///          throws
    ScheduledOptimizer(const Optimizer& optimizer, const Schedule& schedule)
        : given_(optimizer), schedule_(schedule), now_(optimizer) {
        schedule_.validate();
        if (!has_rate && schedule_) {
            throw std::invalid_argument("FitOptions::schedule scales the learning rate, but this optimizer has no lr");
        }
    }

    /// Sets the learning rate and the momentum for a step of all those that there are, both counted from 1.
    /// Throws   std::invalid_argument for numbers that make no sense, and what the schedule throws
    void begin_step(std::size_t step, std::size_t steps) {
        if constexpr (has_rate) {
            if (schedule_) {
                const double factor = schedule_.factor(step, steps);
                now_.lr = static_cast<decltype(now_.lr)>(static_cast<double>(given_.lr) * factor);
                if (!(math::is_finite(now_.lr) && factor >= 0)) {
                    refuse_schedule("makes the learning rate negative, infinite or NaN", step);
                }
                if (const std::optional<double> momentum = schedule_.momentum(step, steps)) {
                    set_momentum(*momentum, step);
                }
            }
        }
    }
    const Optimizer& operator*() const { return now_; }

private:
    static constexpr bool has_rate = requires(Optimizer optimizer) { optimizer.lr; };
    static constexpr bool has_betas = requires(Optimizer optimizer) { optimizer.betas[0]; };
    static constexpr bool has_momentum = requires(Optimizer optimizer) { optimizer.momentum; };

    void set_momentum([[maybe_unused]] double momentum, std::size_t step) {
        if constexpr (has_betas || has_momentum) {
            if (!(math::is_finite(momentum) && momentum >= 0 && momentum < 1)) {
                refuse_schedule("gives a momentum that is not at least 0 and below 1", step);
            }
        }
        if constexpr (has_betas) {
            now_.betas[0] = static_cast<std::remove_cvref_t<decltype(now_.betas[0])>>(momentum);
        } else if constexpr (has_momentum) {
            now_.momentum = static_cast<decltype(now_.momentum)>(momentum);
        } else {
            refuse_schedule(
                "sets the momentum, but this optimizer has neither betas nor momentum (for OneCycle choose "
                ".cycle_momentum = false)",
                step);
        }
    }

    const Optimizer& given_;
    const Schedule& schedule_;
    Optimizer now_;
};

}  // namespace CTCNN_DETAIL::train

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
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/optim/schedule_step.hpp>

namespace CTCNN_DETAIL::train {

/// Schedule: what FitOptions::schedule holds: nothing, or anything that can be called with a progress from 0 (first
/// step) to 1 (last), or else with a step, counted from 1, and the number of steps, or else with a ScheduleStep. It
/// gives a factor of the learning rate. A type may also have momentum(step, steps), or momentum(ScheduleStep), which
/// gives a momentum, or none for the optimizer's own; such a type is not called with a progress. It may have
/// validate(), and end_epoch(state, loss), which is called at the end of each epoch.
class Schedule {
    using ByProgress = std::function<double(double)>;
    using ByStep = std::function<double(std::size_t, std::size_t)>;

    /// One function of all that a schedule may have, since each std::function takes time to compile.
    enum class Ask { factor, momentum, validate, has_state, counts_epochs, end_epoch };
    struct Question {
        Ask ask;
        ScheduleStep now{};
        double factor = 1;
        std::optional<double> momentum{};
        ScheduleState* state = nullptr;
        double loss = 0;
    };

    template <typename F, typename... Now>
    static constexpr bool has_momentum_of = requires(const F& schedule, Now... now) {
        { schedule.momentum(now...) } -> std::convertible_to<std::optional<double>>;
    };
    template <typename F>
    static constexpr bool has_momentum = has_momentum_of<F, std::size_t, std::size_t>;
    template <typename F>
    static constexpr bool has_end_epoch =
        requires(const F& schedule, ScheduleState& state) { schedule.end_epoch(state, 0.0); };
    // In this order: a lambda of any argument that computes with a progress does not compile with a ScheduleStep.
    template <typename F>
    static constexpr bool by_moment = requires {
        requires !std::constructible_from<ByProgress, F> && !std::constructible_from<ByStep, F>;
        requires std::is_invocable_r_v<double, F&, const ScheduleStep&>;
    };

    /// Whether its one argument is an integer, and so not the progress.
    template <typename F>
    static constexpr bool takes_integer =
        requires(F& schedule) { schedule({1}); } && !requires(F& schedule) { schedule({0.5}); };

    /// The factor of F, held as one of the three.
    template <typename F>
    static auto callable(F schedule) {
        if constexpr (by_moment<F>) {
            return schedule;
        } else if constexpr (std::constructible_from<ByProgress, F> && !has_momentum<F>) {
            static_assert(!takes_integer<F>,
                          "a schedule of one argument gets the progress, from 0 to 1, which no integer can hold: take "
                          "a double, or the step, counted from 1, and the number of steps, as in "
                          "[](std::size_t step, std::size_t steps)");
            return ByProgress(std::move(schedule));
        } else {
            return ByStep(std::move(schedule));
        }
    }
    template <typename F>
    static double factor_of(F& factor, const ScheduleStep& now) {
        if constexpr (std::is_same_v<F, ByProgress>) {
            const auto last = static_cast<double>(std::max<std::size_t>(now.steps - 1, 1));
            return factor(static_cast<double>(now.step - 1) / last);
        } else if constexpr (std::is_same_v<F, ByStep>) {
            return factor(now.step, now.steps);
        } else {
            return factor(now);
        }
    }

public:
    Schedule() = default;

    template <typename F>
        requires(!std::same_as<F, Schedule> &&
                 (std::constructible_from<ByProgress, F> || std::constructible_from<ByStep, F> || by_moment<F>))
    Schedule(F schedule) {
        auto factor = callable(schedule);
        if constexpr (!by_moment<F>) {
            if (!factor) {
                return;
            }
        }
        answer_ = [given = std::move(schedule), scale = std::move(factor)](Question& question) mutable {
            static_cast<void>(given);  // not all have more than a factor
            if (question.ask == Ask::factor) {
                question.factor = factor_of(scale, question.now);
            }
            if constexpr (has_momentum<F>) {
                if (question.ask == Ask::momentum) {
                    question.momentum = given.momentum(question.now.step, question.now.steps);
                }
            } else if constexpr (has_momentum_of<F, ScheduleStep>) {
                if (question.ask == Ask::momentum) {
                    question.momentum = given.momentum(question.now);
                }
            }
            if constexpr (requires { given.validate(); }) {
                if (question.ask == Ask::validate) {
                    given.validate();
                }
            }
            if constexpr (requires { F::counts_epochs; }) {
                if (question.ask == Ask::counts_epochs) {
                    question.loss = 1;
                }
            }
            if constexpr (has_end_epoch<F>) {
                if (question.ask == Ask::has_state) {
                    question.loss = 1;
                }
                if (question.ask == Ask::end_epoch) {
                    given.end_epoch(*question.state, question.loss);
                }
            }
        };
    }

    explicit operator bool() const { return static_cast<bool>(answer_); }

    double factor(const ScheduleStep& now) const { return answer({Ask::factor, now}).factor; }
    std::optional<double> momentum(const ScheduleStep& now) const { return answer({Ask::momentum, now}).momentum; }
    /// Throws   what the schedule's own validate() throws
    void validate() const { answer({Ask::validate}); }
    /// Whether it compares epochs.
    bool has_state() const { return answer({Ask::has_state}).loss > 0; }
    /// Whether its steps are epochs.
    bool counts_epochs() const { return answer({Ask::counts_epochs}).loss > 0; }
    void end_epoch(ScheduleState& state, double loss) const { answer({Ask::end_epoch, {}, 1, {}, &state, loss}); }

private:
    Question answer(Question question) const {
        if (answer_) {
            answer_(question);
        }
        return question;
    }

    std::function<void(Question&)> answer_;
};

[[noreturn, gnu::cold]] inline void refuse_schedule(const char* fault, std::size_t step) {
    Text<256> text;
    text.append("FitOptions::schedule ");
    text.append(fault);
    text.append(" in step ");
    text.append_number(step);
    throw std::invalid_argument(std::string(text.view()));
}

[[noreturn, gnu::cold]] inline void refuse_without_rate() {
    throw std::invalid_argument("FitOptions::schedule scales the learning rate, but this optimizer has no lr");
}

/// ScheduledOptimizer: an optimizer whose learning rate, and momentum, follow a schedule. One that is made of others
/// has for_each_pair(given, now, f), which calls f(given, now) for each of them.
template <typename Optimizer>
class ScheduledOptimizer {
public:
    /// Throws   std::invalid_argument for a schedule and an optimizer without lr, and what the schedule's validate()
    ///          throws
    ScheduledOptimizer(const Optimizer& optimizer, const Schedule& schedule)
        : given_(optimizer), schedule_(schedule), now_(optimizer) {
        schedule_.validate();
        if (!has_rate<Optimizer> && schedule_) {
            refuse_without_rate();
        }
    }

    /// Sets the learning rate and the momentum for a step.
    /// Throws   std::invalid_argument for numbers that make no sense, and what the schedule throws; then the learning
    ///          rates are those of before
    void begin_step(const ScheduleStep& now) {
        if constexpr (has_rate<Optimizer>) {
            if (schedule_) {
                if constexpr (is_composed<Optimizer>) {
                    const Optimizer before = now_;
                    try {
                        begin(now);
                    } catch (...) {
                        set_rates_of(before);
                        throw;
                    }
                } else {
                    begin(now);
                }
            }
        }
        resumed_.clear();
    }
    const Optimizer& operator*() const { return now_; }
    /// f(lr) for each learning rate, in the order of the optimizers.
    template <typename F>
    void for_each_rate(const F& f) const {
        if (!resumed_.empty()) {
            for (const double rate : resumed_) {
                f(rate);
            }
            return;
        }
        Optimizer copy = now_;
        for_each_inner(now_, copy, [&f](const auto& inner, const auto&) {
            if constexpr (requires { inner.lr; }) {
                f(static_cast<double>(inner.lr));
            }
        });
    }
    /// The learning rates of a step that another program has made, until the next one begins; where there are others,
    /// those of the optimizer.
    void set_last_rates(std::vector<double> rates) {
        resumed_.clear();
        set_rates_of(given_);
        std::size_t count = 0;
        for_each_rate([&count](double) { ++count; });
        if (rates.size() == count) {
            resumed_ = std::move(rates);
        }
    }

private:
    template <typename O>
    static constexpr bool is_composed =
        requires(O optimizer) { O::for_each_pair(optimizer, optimizer, [](const auto&, auto&) {}); };
    template <typename O>
    static constexpr bool has_rate = is_composed<O> || requires(O optimizer) { optimizer.lr; };
    template <typename O>
    static constexpr bool has_betas = requires(O optimizer) { optimizer.betas[0]; };
    template <typename O>
    static constexpr bool has_momentum = requires(O optimizer) { optimizer.momentum; };

    /// f(inner, inner_now) for each optimizer that two are made of.
    template <typename O, typename F>
    static void for_each_inner(const O& given, O& now, const F& f) {
        if constexpr (is_composed<O>) {
            O::for_each_pair(given, now, [&f](const auto& inner, auto& inner_now) {
                // Muon gives itself, beside its AdamW.
                if constexpr (std::is_same_v<decltype(inner), const O&>) {
                    f(inner, inner_now);
                } else {
                    for_each_inner(inner, inner_now, f);
                }
            });
        } else {
            f(given, now);
        }
    }

    void set_rates_of(const Optimizer& other) {
        for_each_inner(other, now_, [](const auto& inner, auto& inner_now) {
            if constexpr (requires { inner.lr; }) {
                inner_now.lr = inner.lr;
            }
        });
    }

    void begin(const ScheduleStep& at) {
        for_each_inner(given_, now_, [&](const auto& inner, auto& inner_now) {
            if constexpr (requires { inner.lr; }) {
                set(inner, inner_now, at);
            } else {
                refuse_without_rate();
            }
        });
    }

    template <typename O>
    void set(const O& given, O& now, ScheduleStep at) {
        at.lr = static_cast<double>(given.lr);
        const double factor = schedule_.factor(at);
        const auto lr = static_cast<decltype(now.lr)>(static_cast<double>(given.lr) * factor);
        if (!(math::is_finite(lr) && factor >= 0)) {
            refuse_schedule("makes the learning rate negative, infinite or NaN", at.step);
        }
        const std::optional<double> momentum = schedule_.momentum(at);
        if constexpr (has_betas<O> || has_momentum<O>) {
            if (momentum && !(math::is_finite(*momentum) && *momentum >= 0 && *momentum < 1)) {
                refuse_schedule("gives a momentum that is not at least 0 and below 1", at.step);
            }
            // Never that of the step before, which is in no checkpoint.
            if constexpr (has_betas<O>) {
                using Beta = std::remove_cvref_t<decltype(now.betas[0])>;
                now.betas[0] = momentum ? static_cast<Beta>(*momentum) : given.betas[0];
            } else {
                now.momentum = momentum ? static_cast<decltype(now.momentum)>(*momentum) : given.momentum;
            }
        } else if (momentum) {
            refuse_schedule(
                "sets the momentum, but this optimizer has neither betas nor momentum (for OneCycle choose "
                ".cycle_momentum = false)",
                at.step);
        }
        now.lr = lr;
    }

    const Optimizer& given_;
    const Schedule& schedule_;
    Optimizer now_;
    std::vector<double> resumed_{};  // the learning rates of the last step, if another program made it
};

}  // namespace CTCNN_DETAIL::train

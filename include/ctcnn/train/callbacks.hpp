// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/train/callback_states.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

struct EarlyStopping;

/// FitPlan: what a call of fit is about to do, for on_train_begin.
struct FitPlan {
    std::size_t epochs;  ///< of the whole training, those before included
    std::size_t steps_per_epoch;
    std::size_t steps;                ///< of the whole training
    bool validates;                   ///< whether a callback measures validation values, as Validation does
    bool validates_loss = false;      ///< whether one of them measures the validation loss, as Validation does
    bool validates_accuracy = false;  ///< whether Validation has labels
    bool validates_metric = false;    ///< whether Validation has a metric
};

}  // namespace CTCNN_API

// A callback is any type with some of these members, which may leave out arguments from the end:
//     on_train_begin(const FitPlan&, trainer)   before the first step
//     on_step(const StepReport&, trainer)       after each step
//     measure(EpochReport&, trainer)            after each epoch, before everything else: adds values to the report;
//                                               ReduceLROnPlateau follows its validation_loss. What is not measured
//                                               is said by has_loss, has_accuracy or has_metric, a static constexpr
//                                               bool that is false: then nobody waits for it
//     on_epoch(const EpochReport&, trainer)     after each epoch
//     after_epoch(const EpochReport&, trainer)  after on_epoch of all callbacks: for those that save the training
//     should_stop()                             after each step and each epoch: true ends the training
//     on_train_end(const FitReport&, trainer)   at the end, except that of an exception
// One that remembers something from epoch to epoch has state(), a std::array<double, N>, and
// set_state(std::span<const double, N>). Checkpoints hold the state, and a training that continues sets it after
// on_train_begin.
namespace CTCNN_DETAIL::train {

template <typename C, typename Trainer>
concept HasTrainBegin =
    requires(C& callback) { callback.on_train_begin(); } || requires(C& callback, const FitPlan& plan) {
        callback.on_train_begin(plan);
    } || requires(C& callback, const FitPlan& plan, Trainer& trainer) { callback.on_train_begin(plan, trainer); };
template <typename C, typename Trainer>
concept HasStep = requires(C& callback) { callback.on_step(); } || requires(C& callback, const StepReport& report) {
    callback.on_step(report);
} || requires(C& callback, const StepReport& report, Trainer& trainer) { callback.on_step(report, trainer); };
template <typename C, typename Trainer>
concept HasMeasure =
    requires(C& callback, EpochReport& report, Trainer& trainer) { callback.measure(report, trainer); };
// Members of these names that are no constants say nothing.
template <typename C, typename Trainer>
inline constexpr bool measures_loss =
    HasMeasure<C, Trainer> && !requires { requires std::bool_constant<!C::has_loss>::value; };
template <typename C, typename Trainer>
inline constexpr bool measures_accuracy =
    HasMeasure<C, Trainer> && !requires { requires std::bool_constant<!C::has_accuracy>::value; };
template <typename C, typename Trainer>
inline constexpr bool measures_metric =
    HasMeasure<C, Trainer> && !requires { requires std::bool_constant<!C::has_metric>::value; };
template <typename C, typename Trainer>
concept HasEpoch = requires(C& callback) { callback.on_epoch(); } || requires(C& callback, const EpochReport& report) {
    callback.on_epoch(report);
} || requires(C& callback, const EpochReport& report, Trainer& trainer) { callback.on_epoch(report, trainer); };
template <typename C, typename Trainer>
concept HasAfterEpoch =
    requires(C& callback, const EpochReport& report, Trainer& trainer) { callback.after_epoch(report, trainer); };
template <typename C>
concept HasStop = requires(C& callback) { static_cast<bool>(callback.should_stop()); };
template <typename C, typename Trainer>
concept HasTrainEnd =
    requires(C& callback) { callback.on_train_end(); } || requires(C& callback, const FitReport& report) {
        callback.on_train_end(report);
    } || requires(C& callback, const FitReport& report, Trainer& trainer) { callback.on_train_end(report, trainer); };
template <typename C>
concept HasState = requires(C& callback) { callback.set_state(std::as_const(callback).state()); };

template <typename C, typename Trainer>
concept CallbackOf = HasTrainBegin<C, Trainer> || HasStep<C, Trainer> || HasMeasure<C, Trainer> ||
                     HasEpoch<C, Trainer> || HasAfterEpoch<C, Trainer> || HasStop<C> || HasTrainEnd<C, Trainer>;

// Whether a callback has a member of the name, with any arguments.
template <typename C, typename Trainer>
concept NamesTrainBegin = requires { &C::on_train_begin; } || requires { &C::template on_train_begin<Trainer>; };
template <typename C, typename Trainer>
concept NamesStep = requires { &C::on_step; } || requires { &C::template on_step<Trainer>; };
template <typename C, typename Trainer>
concept NamesMeasure = requires { &C::measure; } || requires { &C::template measure<Trainer>; };
template <typename C, typename Trainer>
concept NamesEpoch = requires { &C::on_epoch; } || requires { &C::template on_epoch<Trainer>; };
template <typename C, typename Trainer>
concept NamesAfterEpoch = requires { &C::after_epoch; } || requires { &C::template after_epoch<Trainer>; };
template <typename C, typename Trainer>
concept NamesTrainEnd = requires { &C::on_train_end; } || requires { &C::template on_train_end<Trainer>; };
template <typename C>
concept NamesStop = requires { &C::should_stop; };
template <typename C>
concept NamesSetState = requires { &C::set_state; };

/// Whether all members of a callback are called: one with other arguments would never be.
template <typename C, typename Trainer>
concept MembersAreCalled =
    (HasTrainBegin<C, Trainer> || !NamesTrainBegin<C, Trainer>) && (HasStep<C, Trainer> || !NamesStep<C, Trainer>) &&
    (HasMeasure<C, Trainer> || !NamesMeasure<C, Trainer>) && (HasEpoch<C, Trainer> || !NamesEpoch<C, Trainer>) &&
    (HasAfterEpoch<C, Trainer> || !NamesAfterEpoch<C, Trainer>) && (HasStop<C> || !NamesStop<C>) &&
    (HasTrainEnd<C, Trainer> || !NamesTrainEnd<C, Trainer>) && (HasState<C> || !NamesSetState<C>);

template <typename C, typename Trainer>
consteval bool check_callback() {
    constexpr bool right = CallbackOf<C, Trainer>;
    static_assert(right,
                  "the arguments of fit behind the loss are callbacks, such as EarlyStopping{.patience = 3}; one of "
                  "your own has some of on_train_begin(plan, trainer), on_step(report, trainer), on_epoch(report, "
                  "trainer), should_stop() and on_train_end(report, trainer)");
    constexpr bool called = MembersAreCalled<C, Trainer>;
    static_assert(!right || called,
                  "a member of this callback cannot be called: the arguments are on_train_begin(const FitPlan&, "
                  "trainer), on_step(const StepReport&, trainer), measure(EpochReport&, trainer), on_epoch(const "
                  "EpochReport&, trainer), after_epoch(const EpochReport&, trainer), on_train_end(const FitReport&, "
                  "trainer), none for should_stop, and state() const for set_state");
    return right;
}

/// What is called while a call of fit with callbacks trains.
struct Hooks {
    std::function<void(const StepReport&)> on_step = {};
    std::function<void(EpochReport&)> measure = {};
    bool measures_loss = false;
    std::function<void(const EpochReport&)> on_epoch = {};
    std::function<bool()> should_stop = {};
};

/// Whether checkpoints that are older than the last numbers of a state have so many; the last ones are then 0.
template <typename C>
constexpr bool is_earlier_state(std::size_t size) {
    if constexpr (requires { C::earlier_state_count; }) {
        return size == C::earlier_state_count;
    } else {
        return false;
    }
}

template <typename C, typename Trainer>
void begin_training(C& callback, StateKeys& keys, const FitPlan& plan, Trainer& trainer, CallbackStates<>& states) {
    if constexpr (requires { callback.on_train_begin(plan, trainer); }) {
        callback.on_train_begin(plan, trainer);
    } else if constexpr (requires { callback.on_train_begin(plan); }) {
        callback.on_train_begin(plan);
    } else if constexpr (requires { callback.on_train_begin(); }) {
        callback.on_train_begin();
    }
    if constexpr (HasState<C>) {
        if (const std::size_t n = states.find(keys.next<C>()); n < states.size()) {
            constexpr std::size_t size = std::tuple_size_v<decltype(std::as_const(callback).state())>;
            const std::span<const double> found = states.numbers(n);
            std::array<double, size> state{};
            if (found.size() != size && !is_earlier_state<C>(found.size())) {
                throw std::invalid_argument(
                    "the state of a callback in the checkpoint has another size: continue with the same callbacks in "
                    "the same order");
            }
            std::copy_n(found.data(), found.size(), state.data());
            callback.set_state(std::span<const double, size>(state));
        }
    }
}
template <typename C, typename Trainer>
void end_step(C& callback, const StepReport& report, Trainer& trainer) {
    if constexpr (requires { callback.on_step(report, trainer); }) {
        callback.on_step(report, trainer);
    } else if constexpr (requires { callback.on_step(report); }) {
        callback.on_step(report);
    } else if constexpr (requires { callback.on_step(); }) {
        callback.on_step();
    }
}
template <typename C, typename Trainer>
void measure_epoch(C& callback, EpochReport& report, Trainer& trainer) {
    if constexpr (HasMeasure<C, Trainer>) {
        callback.measure(report, trainer);
    }
}
template <typename C, typename Trainer>
void end_epoch(C& callback, StateKeys& keys, const EpochReport& report, Trainer& trainer, CallbackStates<>& states) {
    if constexpr (requires { callback.on_epoch(report, trainer); }) {
        callback.on_epoch(report, trainer);
    } else if constexpr (requires { callback.on_epoch(report); }) {
        callback.on_epoch(report);
    } else if constexpr (requires { callback.on_epoch(); }) {
        callback.on_epoch();
    }
    if constexpr (HasState<C>) {
        const auto state = std::as_const(callback).state();
        states.set(keys.next<C>(), state);
    }
}
template <typename C, typename Trainer>
void behind_epoch(C& callback, const EpochReport& report, Trainer& trainer) {
    if constexpr (HasAfterEpoch<C, Trainer>) {
        callback.after_epoch(report, trainer);
    }
}
template <typename C>
bool wants_stop(C& callback) {
    if constexpr (HasStop<C>) {
        return static_cast<bool>(callback.should_stop());
    } else {
        return false;
    }
}
template <typename C, typename Trainer>
void end_training(C& callback, const FitReport& report, Trainer& trainer) {
    if constexpr (requires { callback.on_train_end(report, trainer); }) {
        callback.on_train_end(report, trainer);
    } else if constexpr (requires { callback.on_train_end(report); }) {
        callback.on_train_end(report);
    } else if constexpr (requires { callback.on_train_end(); }) {
        callback.on_train_end();
    }
}

/// Whether a callback ends a training with weights that the trainer keeps for it.
template <typename C>
bool restores_weights(const C& callback) {
    if constexpr (std::is_same_v<C, EarlyStopping>) {
        return callback.restore_best_weights;
    } else {
        return false;
    }
}

/// A training with callbacks, which are called in their order. `train` is the training without them.
template <typename Trainer, typename F, typename... C>
FitReport with_callbacks(Trainer& trainer, Hooks& hooks, CallbackStates<>& states, FitPlan plan, const F& train,
                         C&... callbacks) {
    constexpr bool validates = (HasMeasure<C, Trainer> || ...);
    plan.validates = validates;
    plan.validates_loss = (measures_loss<C, Trainer> || ...);
    plan.validates_accuracy = (measures_accuracy<C, Trainer> || ...);
    plan.validates_metric = (measures_metric<C, Trainer> || ...);
    if ((std::size_t{0} + ... + static_cast<std::size_t>(train::restores_weights(callbacks))) > 1) {
        throw std::invalid_argument(
            "two callbacks EarlyStopping restore the best weights, of which a trainer keeps one copy: choose "
            ".restore_best_weights in one of them");
    }
    StateKeys keys;
    (train::begin_training(callbacks, keys, plan, trainer, states), ...);
    struct Reset {
        Hooks& hooks;
        ~Reset() { hooks = {}; }
    };
    const Reset reset{hooks};
    if constexpr ((HasStep<C, Trainer> || ...)) {
        hooks.on_step = [&](const StepReport& report) { (end_step(callbacks, report, trainer), ...); };
    }
    if constexpr (validates) {
        hooks.measures_loss = plan.validates_loss;
        hooks.measure = [&](EpochReport& report) { (measure_epoch(callbacks, report, trainer), ...); };
    }
    hooks.on_epoch = [&](const EpochReport& report) {
        StateKeys of_epoch;
        (end_epoch(callbacks, of_epoch, report, trainer, states), ...);
        (behind_epoch(callbacks, report, trainer), ...);
    };
    FitReport report;
    report.steps = trainer.steps();
    if constexpr ((HasStop<C> || ...)) {
        hooks.should_stop = [&] {
            bool stop = false;
            ((stop = train::wants_stop(callbacks) || stop), ...);
            return stop;
        };
        // A training that continues after its end.
        report.stopped = trainer.steps() != 0 && hooks.should_stop();
    }
    if (!report.stopped) {
        report = train();
    }
    (train::end_training(callbacks, report, trainer), ...);
    return report;
}

}  // namespace CTCNN_DETAIL::train

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/callbacks/monitor.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// EarlyStopping: ends a training when a monitored value has not improved for `patience` epochs. A value that is NaN or
/// infinite is no improvement. With restore_best_weights, the network ends with the parameters and buffers of the best
/// epoch; a training that something else interrupts keeps those of its last step.
///     fit(net, train_set, Adam{}, {.epochs = 50}, Validation{validation_set}, EarlyStopping{.patience = 3});
/// Throws   std::invalid_argument at the start of fit for a patience of 0, a min_delta below 0 or not finite, a
///          validation value that nobody measures, a training that was begun with another monitor or mode, and two
///          callbacks that restore weights
/// As in    keras.callbacks.EarlyStopping; patience as in lightning.pytorch.callbacks.EarlyStopping
struct EarlyStopping {
    Monitored monitor = &EpochReport::validation_loss;
    MonitorMode mode = MonitorMode::automatic;
    std::size_t patience = 3;  ///< the epochs without improvement that end the training
    double min_delta = 0;      ///< less is no improvement
    bool restore_best_weights = false;

    double best = std::numeric_limits<double>::quiet_NaN();  ///< result: the best value
    std::size_t best_epoch = 0;                              ///< result: its epoch; 0 if there is none
    std::size_t epochs_without_improvement = 0;              ///< result

    static constexpr std::string_view name = "EarlyStopping";
    static constexpr std::size_t earlier_state_count = 3;  ///< of checkpoints that do not say what was monitored

    void on_train_begin(const FitPlan& plan) {
        using namespace detail_;
        train::check_monitor("EarlyStopping", monitor, mode, plan);
        refuse_unless(patience != 0, "EarlyStopping::patience is 0: choose 1 or more epochs without improvement");
        refuse_unless(math::is_finite(min_delta) && min_delta >= 0,
                      "EarlyStopping::min_delta must be a number from 0 on");
        best = std::numeric_limits<double>::quiet_NaN();
        best_epoch = 0;
        epochs_without_improvement = 0;
    }
    void on_epoch(const EpochReport& report, auto& trainer) {
        detail_::train::Best so_far{best, best_epoch};
        if (so_far.improve(report.*monitor, report.epoch, detail_::train::higher_is_better(monitor, mode), min_delta)) {
            best = so_far.value;
            best_epoch = so_far.epoch;
            epochs_without_improvement = 0;
            if (restore_best_weights) {
                trainer.keep_weights();
            }
        } else {
            ++epochs_without_improvement;
        }
    }
    bool should_stop() const { return epochs_without_improvement >= patience; }
    void on_train_end(const FitReport& report, auto& trainer) {
        const bool is_done = !report.stopped || trainer.epochs() >= trainer.options().epochs ||
                             trainer.steps() == trainer.options().max_steps;
        if (restore_best_weights && best_epoch != 0 && (should_stop() || is_done)) {
            trainer.restore_weights();
        }
    }

    auto state() const {
        const auto [value, higher] = detail_::train::monitor_state(*this);
        return std::array{best, static_cast<double>(best_epoch), static_cast<double>(epochs_without_improvement), value,
                          higher};
    }
    void set_state(const auto& state) {
        const auto counts = [](double number) { return number >= 0 && number < 9e15; };
        detail_::refuse_unless(counts(state[1]) && counts(state[2]),
                               "the checkpoint holds no state of EarlyStopping: it is damaged");
        detail_::train::check_monitor_state(*this, state[3], state[4]);
        best = state[0];
        best_epoch = static_cast<std::size_t>(state[1]);
        epochs_without_improvement = static_cast<std::size_t>(state[2]);
    }
};

}  // namespace CTCNN_API

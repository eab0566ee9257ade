// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <ctcnn/core/target.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/train/averaged.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/callbacks/monitor.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// ModelCheckpoint: writes files after each epoch. `last` is a checkpoint of the training, for resume, with the state
/// of all callbacks; it is also written where a training is stopped within an epoch. `best` is the network of the
/// epoch with the best monitored value, for load_safetensors; with EMA or SWA, that of averaged(trainer). A value
/// that is NaN or infinite is never the best. Either may be left out; a training that goes on without `best` keeps the
/// best value of before, for one that goes on with it again.
///     fit(net, train_set, Adam{}, {.epochs = 50}, Validation{validation_set},
///         ModelCheckpoint{.last = "training.safetensors", .best = "best.safetensors"});
/// Refuses  FileUnwritable, at the start of fit where possible · std::invalid_argument at the start of fit
///          for no path, for the same file twice, for a validation value that nobody measures, and for a training
///          that was begun with another monitor or mode
/// As in    lightning.pytorch.callbacks.ModelCheckpoint
struct ModelCheckpoint {
    std::filesystem::path last = {};
    std::filesystem::path best = {};
    Monitored monitor = &EpochReport::validation_loss;
    MonitorMode mode = MonitorMode::automatic;

    double best_value = std::numeric_limits<double>::quiet_NaN();  ///< result
    std::size_t best_epoch = 0;                                    ///< result; 0 if there is none
    std::array<double, 2> best_monitor = {};                       ///< what best_value is of, as checkpoints hold it

    static constexpr std::string_view name = "ModelCheckpoint";
    static constexpr std::size_t earlier_state_count = 2;  ///< of checkpoints that do not say what was monitored

    void on_train_begin(const FitPlan& plan, auto&) {
        using namespace detail_;
        if (last.empty() && best.empty()) {
            throw std::invalid_argument("ModelCheckpoint has no path: choose .last, .best, or both");
        }
        const auto file_of = [](const std::filesystem::path& path) {
            std::error_code error;
            const std::filesystem::path file =
                std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
            return error ? path.lexically_normal() : file;
        };
        if (!last.empty() && !best.empty() && file_of(last) == file_of(best)) {
            throw std::invalid_argument("ModelCheckpoint::last and ModelCheckpoint::best are the same file");
        }
        if (!best.empty()) {
            train::check_monitor("ModelCheckpoint", monitor, mode, plan);
        }
        best_value = std::numeric_limits<double>::quiet_NaN();
        best_epoch = 0;
        best_monitor = {};
        for (const std::filesystem::path& path : {last, best}) {
            if (!path.empty()) {
                // Refuses now what would be refused after the first epoch.
                io::AtomicFile<> probe(path);
            }
        }
    }
    void on_epoch(const EpochReport& report, auto& trainer) {
        using namespace detail_;
        train::Best so_far{best_value, best_epoch};
        if (best.empty() || !so_far.improve(report.*monitor, report.epoch, train::higher_is_better(monitor, mode), 0)) {
            return;
        }
        if constexpr (requires { std::remove_cvref_t<decltype(trainer.optimizer())>::is_average; }) {
            save_safetensors(averaged(trainer), best);
        } else {
            ctcnn::save_safetensors(trainer.net(), best);
        }
        best_value = so_far.value;
        best_epoch = so_far.epoch;
    }
    void after_epoch(const EpochReport&, auto& trainer) {
        if (!last.empty()) {
            ctcnn::save_checkpoint(trainer, last);
        }
    }
    /// What is stopped within an epoch goes on there.
    void on_train_end(const FitReport& report, auto& trainer) {
        if (report.stopped && trainer.epoch_steps() != 0) {
            after_epoch({}, trainer);
        }
    }

    auto state() const {
        // Without `best` the state is that of before, for a training that goes on with it.
        const auto [value, higher] = best.empty() ? best_monitor : detail_::train::monitor_state(*this);
        return std::array{best_value, static_cast<double>(best_epoch), value, higher};
    }
    void set_state(const auto& state) {
        if (!(state[1] >= 0 && state[1] < 9e15)) {
            throw std::invalid_argument("the checkpoint holds no state of ModelCheckpoint: it is damaged");
        }
        if (!(state[1] > 0)) {
            return;  // there is no best value that another one could be compared with
        }
        if (!best.empty()) {
            detail_::train::check_monitor_state(*this, state[2], state[3]);
        }
        best_monitor = {state[2], state[3]};
        best_value = state[0];
        best_epoch = static_cast<std::size_t>(state[1]);
    }
};

}  // namespace CTCNN_API

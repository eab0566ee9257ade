// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <stdexcept>
#include <string>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// MonitorMode: whether lower or higher values are better. By default, lower losses and higher accuracies are.
enum class MonitorMode { automatic, min, max };

/// Monitored: the value of an EpochReport that a callback watches.
using Monitored = double EpochReport::*;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train {

/// The best value of the epochs so far. A value that is not finite is never the best.
struct Best {
    double value;
    std::size_t epoch;  ///< 0: none

    /// Whether an epoch is better by more than min_delta; then it is the best.
    bool improve(double found, std::size_t number, bool higher, double min_delta) {
        const bool better =
            math::is_finite(found) && (epoch == 0 || (higher ? found > value + min_delta : found < value - min_delta));
        if (better) {
            *this = {found, number};
        }
        return better;
    }
};

/// The values that can be monitored, by their names.
struct MonitoredValue {
    Monitored value;
    const char* name;
};
inline constexpr MonitoredValue monitored_values[] = {{&EpochReport::loss, "loss"},
                                                      {&EpochReport::seconds, "seconds"},
                                                      {&EpochReport::validation_loss, "validation_loss"},
                                                      {&EpochReport::validation_accuracy, "validation_accuracy"},
                                                      {&EpochReport::validation_metric, "validation_metric"}};

inline bool higher_is_better(Monitored monitor, MonitorMode mode) {
    return mode == MonitorMode::max || (mode == MonitorMode::automatic && monitor == &EpochReport::validation_accuracy);
}

/// Throws   std::invalid_argument for a value that no callback measures, and a metric without a mode
inline void check_monitor(const std::string& callback, Monitored monitor, MonitorMode mode, const FitPlan& plan) {
    const bool of_loss = monitor == &EpochReport::validation_loss;
    const bool of_accuracy = monitor == &EpochReport::validation_accuracy;
    const bool of_metric = monitor == &EpochReport::validation_metric;
    const char* fault = nullptr;
    if (monitor == nullptr) {
        fault = "::monitor is null: choose .monitor = &EpochReport::validation_loss";
    } else if ((of_loss || of_accuracy || of_metric) && !plan.validates) {
        fault =
            " monitors a validation value, but there is no validation: add Validation{validation_set}, or choose "
            ".monitor = &EpochReport::loss";
    } else if (of_loss && !plan.validates_loss) {
        fault =
            " monitors the validation loss, but no callback measures it: add Validation{validation_set}, or choose "
            "another .monitor";
    } else if (of_accuracy && !plan.validates_accuracy) {
        fault =
            " monitors the validation accuracy, but no callback measures it: add Validation{validation_set}, which "
            "measures it if the targets are labels. If they are tensors, there is no accuracy: choose .monitor = "
            "&EpochReport::validation_loss, or a metric: Validation{validation_set, MeanAbsoluteError{}}, .monitor = "
            "&EpochReport::validation_metric and .mode = MonitorMode::min";
    } else if (of_metric && !plan.validates_metric) {
        fault = " monitors a metric, but Validation has none: add it, as in Validation{validation_set, Accuracy{}}";
    } else if (of_metric && mode == MonitorMode::automatic) {
        fault =
            " monitors a metric: choose .mode = MonitorMode::max if higher values are better, otherwise "
            "MonitorMode::min";
    }
    if (fault != nullptr) {
        throw std::invalid_argument(callback + fault);
    }
}

/// What is monitored, as two numbers of a callback's state: the value, counted from 1, and whether higher is better. A
/// value of 0 is not known: the checkpoint is older than these numbers.
template <typename C>
std::array<double, 2> monitor_state(const C& callback) {
    double number = 0;
    for (std::size_t n = 0; n < std::size(monitored_values); ++n) {
        number = monitored_values[n].value == callback.monitor ? static_cast<double>(n + 1) : number;
    }
    return {number, higher_is_better(callback.monitor, callback.mode) ? 1.0 : 0.0};
}

/// Throws   std::invalid_argument for the state of a callback that monitors another value, or in another mode
template <typename C>
void check_monitor_state(const C& callback, double value, double higher) {
    const auto [own_value, own_higher] = monitor_state(callback);
    const auto text_of = [](double number, double higher_one) {
        const auto n = static_cast<std::size_t>(number);
        std::string text = n == 0 ? "no value" : monitored_values[n - 1].name;
        text += higher_one > 0 ? " (MonitorMode::max)" : " (MonitorMode::min)";
        return text;
    };
    if (!(value >= 0 && value <= static_cast<double>(std::size(monitored_values)))) {
        throw std::invalid_argument("the checkpoint holds no state of " + std::string(C::name) + ": it is damaged");
    }
    if (value > 0 && (value < own_value || value > own_value || (higher > 0) != (own_higher > 0))) {
        throw std::invalid_argument("this training was begun with " + std::string(C::name) + " on " +
                                    text_of(value, higher) + ", and goes on with it on " +
                                    text_of(own_value, own_higher) +
                                    ": continue with the same .monitor and .mode, or begin a new training");
    }
}

}  // namespace CTCNN_DETAIL::train

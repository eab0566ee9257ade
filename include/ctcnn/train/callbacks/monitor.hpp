// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
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
    double value = std::numeric_limits<double>::quiet_NaN();
    std::size_t epoch = 0;  ///< 0: none

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

inline bool higher_is_better(Monitored monitor, MonitorMode mode) {
    return mode == MonitorMode::max || (mode == MonitorMode::automatic && monitor == &EpochReport::validation_accuracy);
}

/// Throws   std::invalid_argument for a validation value without validation, and a metric without a mode
inline void check_monitor(const std::string& callback, Monitored monitor, MonitorMode mode, const FitPlan& plan) {
    const bool of_validation = monitor == &EpochReport::validation_loss ||
                               monitor == &EpochReport::validation_accuracy ||
                               monitor == &EpochReport::validation_metric;
    if (of_validation && !plan.validates) {
        throw std::invalid_argument(callback +
                                    " monitors a validation value, but there is no validation: add "
                                    "Validation{validation_set}, or choose .monitor = &EpochReport::loss");
    }
    if (monitor == nullptr) {
        throw std::invalid_argument(callback + "::monitor is null: choose .monitor = &EpochReport::validation_loss");
    }
    if (monitor == &EpochReport::validation_metric && !plan.validates_metric) {
        throw std::invalid_argument(callback +
                                    " monitors a metric, but Validation has none: add it, as in "
                                    "Validation{validation_set, Accuracy{}}");
    }
    if (monitor == &EpochReport::validation_metric && mode == MonitorMode::automatic) {
        throw std::invalid_argument(callback +
                                    " monitors a metric: choose .mode = MonitorMode::max if higher values are better, "
                                    "otherwise MonitorMode::min");
    }
}

}  // namespace CTCNN_DETAIL::train

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/train/schedule.hpp>

namespace CTCNN_API {

/// StepReport: the state of the training after a step. Epochs and steps count from 1.
struct StepReport {
    std::size_t epoch;
    std::size_t step;  ///< of this epoch
    std::size_t steps_per_epoch;
    double loss;  ///< mean over the batch
};

/// EpochReport: the result of an epoch.
struct EpochReport {
    std::size_t epoch;
    double loss;  ///< mean over the epoch's images, each at its step
    double seconds;
    std::size_t images;  ///< fewer than the data set has, if max_steps cut the epoch short
    /// Of the callback Validation; otherwise NaN.
    double validation_loss = std::numeric_limits<double>::quiet_NaN();
    double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
    double validation_metric = std::numeric_limits<double>::quiet_NaN();
};

/// FitOptions: the options of fit and of a Trainer.
struct FitOptions {
    std::size_t epochs = 1;
    std::size_t max_steps = 0;  ///< of all epochs together, so that the last one may be cut short; 0: no limit
    std::size_t batch_size = 64;
    std::uint64_t seed = 0;   ///< of the order of the images
    std::size_t threads = 0;  ///< 0: as many as OpenMP takes; the result is the same for any number
    bool shuffle = true;
    float clip_grad_norm = 0;   ///< the most that the norm of the whole gradient may be; 0: any
    float clip_grad_value = 0;  ///< the most that the magnitude of a gradient's element may be; 0: any
    /// The learning rate of a step is the optimizer's lr times schedule(progress), progress from 0 (first step) to 1
    /// (last); or times schedule(step, steps), with steps of all epochs together, which are counted from 1.
    detail_::train::Schedule schedule = {};
    std::function<void(const EpochReport&)> on_epoch = {};
    std::function<void(const StepReport&)> on_step = {};
    /// Asked once after each step, behind on_step and, if it ends an epoch, on_epoch; true ends the training, with the
    /// parameters of that step.
    std::function<bool()> should_stop = {};
};

/// FitReport: what was trained, and whether should_stop said true. The epoch that max_steps cuts short is one of the
/// epochs, with fewer images; one that should_stop ends before its last step is not.
struct FitReport {
    std::vector<EpochReport> epochs;
    bool stopped = false;
    std::size_t steps = 0;  ///< of all epochs together, also of one that was stopped
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/half_cosine.hpp>
#include <ctcnn/optim/power.hpp>
#include <ctcnn/optim/schedule_step.hpp>
#include <ctcnn/optim/settings.hpp>

// Schedules for FitOptions, which give the factor of the optimizer's learning rate in a step. They count training
// steps; PerEpoch makes them count epochs.
namespace CTCNN_API {

/// StepLR: the learning rate times gamma every step_size steps.
/// As in    torch.optim.lr_scheduler.StepLR
struct StepLR {
    std::size_t step_size = 0;
    double gamma = 0.1;

    /// Throws   std::invalid_argument for a step_size of 0, a gamma that is below 0 or not finite
    constexpr void validate() const {
        detail_::refuse_unless(step_size != 0, "StepLR::step_size is 0: choose 1 or more");
        detail_::require_from_zero(gamma, "StepLR::gamma must be a number from 0 on");
    }
    constexpr double operator()(const ScheduleStep& now) const {
        return detail_::power(gamma, (now.step - 1) / step_size);
    }
};

/// MultiStepLR: the learning rate times gamma at each milestone. Milestones count the steps before them, and may stand
/// in any order.
/// As in    torch.optim.lr_scheduler.MultiStepLR
struct MultiStepLR {
    std::vector<std::size_t> milestones = {};
    double gamma = 0.1;

    /// Throws   std::invalid_argument for a gamma that is below 0 or not finite
    void validate() const { detail_::require_from_zero(gamma, "MultiStepLR::gamma must be a number from 0 on"); }
    double operator()(const ScheduleStep& now) const {
        std::size_t passed = 0;
        for (const std::size_t milestone : milestones) {
            passed += milestone < now.step ? std::size_t{1} : 0;
        }
        return detail_::power(gamma, passed);
    }
};

/// ExponentialLR: the learning rate times gamma in each step.
/// As in    torch.optim.lr_scheduler.ExponentialLR
struct ExponentialLR {
    double gamma = 1;

    /// Throws   std::invalid_argument for a gamma that is below 0 or not finite
    constexpr void validate() const {
        detail_::require_from_zero(gamma, "ExponentialLR::gamma must be a number from 0 on");
    }
    constexpr double operator()(const ScheduleStep& now) const { return detail_::power(gamma, now.step - 1); }
};

/// LinearLR: the factor goes from start_factor to end_factor in total_iters steps, and stays there: a warm-up.
/// As in    torch.optim.lr_scheduler.LinearLR
struct LinearLR {
    double start_factor = 1.0 / 3;
    double end_factor = 1;
    std::size_t total_iters = 5;

    /// Throws   std::invalid_argument for what LinearLR of PyTorch refuses: a start_factor that is not above 0 and at
    ///          most 1, an end_factor outside 0 to 1
    constexpr void validate() const {
        using namespace detail_;
        require_from_zero(start_factor, "LinearLR::start_factor must be above 0 and at most 1");
        refuse_unless(start_factor > 0 && start_factor <= 1, "LinearLR::start_factor must be above 0 and at most 1");
        require_from_zero(end_factor, "LinearLR::end_factor must be at least 0 and at most 1");
        refuse_unless(end_factor <= 1, "LinearLR::end_factor must be at least 0 and at most 1");
    }
    constexpr double operator()(const ScheduleStep& now) const {
        if (now.step > total_iters) {
            return end_factor;
        }
        const double part = static_cast<double>(now.step - 1) / static_cast<double>(total_iters);
        return start_factor + (end_factor - start_factor) * part;
    }
};

/// CosineAnnealingLR: the learning rate falls along half a cosine to eta_min, which T_max steps after the first one
/// reaches, and goes up again behind it. A T_max of 0 is the number of steps of the whole training.
/// As in    torch.optim.lr_scheduler.CosineAnnealingLR
/// Source   Loshchilov and Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017 (no restarts)
struct CosineAnnealingLR {
    std::size_t T_max = 0;
    double eta_min = 0;

    /// Throws   std::invalid_argument for an eta_min that is below 0 or not finite
    constexpr void validate() const {
        detail_::require_from_zero(eta_min, "CosineAnnealingLR::eta_min must be a number from 0 on");
    }
    constexpr double operator()(const ScheduleStep& now) const {
        const std::size_t length = T_max == 0 ? now.steps : T_max;
        const std::size_t turn = (now.step - 1) % (2 * length);
        const std::size_t fallen = std::min(turn, 2 * length - turn);
        const double share = detail_::half_cosine(static_cast<double>(fallen) / static_cast<double>(length));
        const double least = eta_min > 0 ? eta_min / now.lr : 0;
        return least + (1 - least) * (1 - share);
    }
};

}  // namespace CTCNN_API

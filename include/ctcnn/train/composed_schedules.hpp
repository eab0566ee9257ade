// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/schedule_step.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/train/schedule.hpp>

namespace CTCNN_API {

/// PerEpoch: a schedule that counts epochs where it would count steps: PerEpoch{StepLR{.step_size = 30}}.
struct PerEpoch {
    detail_::train::Schedule scheduler;

    static constexpr bool counts_epochs = true;

    /// Throws   std::invalid_argument for no schedule, one that compares epochs anyway, and what its validate() throws
    void validate() const {
        detail_::refuse_unless(scheduler && !scheduler.has_state(),
                               "PerEpoch takes a schedule that counts, such as StepLR");
        scheduler.validate();
    }
    /// Throws   std::invalid_argument in a training by single steps, which has no epochs
    double operator()(const ScheduleStep& now) const { return scheduler.factor(epoch_of(now)); }
    std::optional<double> momentum(const ScheduleStep& now) const { return scheduler.momentum(epoch_of(now)); }

private:
    static ScheduleStep epoch_of(ScheduleStep now) {
        if (now.epoch == 0) {
            throw std::invalid_argument("PerEpoch counts epochs: train with run_epoch or fit, not by single steps");
        }
        now.step = now.epoch;
        now.steps = std::max(now.epoch, now.epochs);
        return now;
    }
};

/// SequentialLR: schedules one after the other. Each begins anew after as many steps as its milestone says; the first
/// one begins at once. A schedule that depends on the number of all steps gets that of its own:
///     SequentialLR{{LinearLR{.total_iters = 100}, CosineAnnealingLR{}}, {100}}
/// As in    torch.optim.lr_scheduler.SequentialLR
template <typename S = detail_::train::Schedule>  // a template, so that programs without it do not compile it
struct SequentialLR {
    std::vector<S> schedulers;
    std::vector<std::size_t> milestones;

    /// Throws   std::invalid_argument unless there is one schedule more than milestones, and these rise; for schedules
    ///          that compare or count epochs; and what the schedules refuse
    void validate() const {
        using namespace detail_;
        refuse_unless(schedulers.size() == milestones.size() + 1,
                      "SequentialLR needs a milestone between two schedulers: one less than there are schedulers");
        for (std::size_t i = 1; i < milestones.size(); ++i) {
            refuse_unless(milestones[i - 1] < milestones[i], "SequentialLR::milestones must rise");
        }
        for (const S& scheduler : schedulers) {
            refuse_unless(scheduler && !scheduler.has_state(),
                          "SequentialLR takes schedules that count, such as StepLR; not ReduceLROnPlateau");
            refuse_unless(!scheduler.counts_epochs(),
                          "SequentialLR counts steps: PerEpoch goes around it, as in PerEpoch{SequentialLR{...}}");
            scheduler.validate();
        }
    }
    double operator()(ScheduleStep now) const { return scheduler_of(now).factor(now); }
    /// A schedule that sets no momentum leaves the last one of the schedule before it.
    std::optional<double> momentum(ScheduleStep now) const {
        while (true) {
            ScheduleStep own = now;
            const S& scheduler = scheduler_of(own);
            const auto result = scheduler.momentum(own);
            if (result || own.step == now.step) {
                return result;
            }
            now.step -= own.step;
        }
    }

private:
    /// The schedule of a step, which becomes one of its own steps.
    const S& scheduler_of(ScheduleStep& now) const {
        std::size_t index = 0;
        while (index < milestones.size() && milestones[index] < now.step) {
            ++index;
        }
        const std::size_t begin = index == 0 ? 0 : milestones[index - 1];
        const std::size_t end = index < milestones.size() ? std::min(milestones[index], now.steps) : now.steps;
        now.step -= begin;
        now.steps = std::max(end, begin + 1) - begin;
        return schedulers[index];
    }
};
SequentialLR(std::vector<detail_::train::Schedule>, std::vector<std::size_t>) -> SequentialLR<>;

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/schedule.hpp>

namespace CTCNN_DETAIL::train {

/// Progress: where a training stands. What follows depends on it, the parameters, the optimizer's state and the data
/// alone.
struct Progress {
    std::uint64_t seed = 0;         ///< of the order of the images
    std::uint64_t epochs = 0;       ///< that are complete
    std::uint64_t steps = 0;        ///< of all epochs together
    std::uint64_t epoch_steps = 0;  ///< of the epoch that has begun; 0 between two epochs
    std::uint64_t images = 0;       ///< of the data set of this epoch
    std::uint64_t batch_size = 0;   ///< of this epoch
    double loss_sum = 0;            ///< of the images of this epoch, each at its step
    ScheduleState schedule{};       ///< what the schedule remembers of the epochs before

    /// Adds the mean loss of a batch. One of ignored images alone has none: it counts as the mean of those before or,
    /// where there are none, as that of the first one behind. Until then the sum is NaN.
    void add_loss(double mean, std::size_t images_before, std::size_t count_of_batch) {
        const auto before = static_cast<double>(images_before);
        const auto count = static_cast<double>(count_of_batch);
        if (!math::is_finite(loss_sum)) {
            loss_sum = mean * (before + count);
        } else {
            loss_sum += (math::is_finite(mean) ? mean : loss_sum / before) * count;
        }
    }
};

/// ProgressOf: the progress of a Trainer, for files that hold a training.
struct ProgressOf {
    template <typename Trainer>
    static auto& get(Trainer& trainer) {
        return trainer.progress_;
    }
    /// What callbacks keep.
    template <typename Trainer>
    static auto& kept(Trainer& trainer) {
        return trainer.kept_;
    }
    template <typename Trainer>
    static void set_last_lr(Trainer& trainer, std::vector<double> rates) {
        trainer.updates_.set_last_rates(std::move(rates));
    }
};

/// How many steps there will be: those of before, and `epochs` epochs of `steps` steps, or max_steps if that is fewer;
/// as many as can be counted, if there are more.
constexpr std::size_t steps_in_all(const FitOptions& options, std::size_t before, std::size_t epochs,
                                   std::size_t steps) {
    constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();
    const std::size_t of_epochs = epochs > (no_end - before) / steps ? no_end : before + epochs * steps;
    return std::min(options.max_steps == 0 ? no_end : options.max_steps, of_epochs);
}

[[noreturn, gnu::cold]] inline void refuse_other_data(std::size_t found, std::uint64_t begun_with) {
    Text<200> text;
    text.append("the data set has ");
    text.append_number(found);
    text.append(" images, and this epoch was begun with ");
    text.append_number(narrowed<std::size_t>(begun_with));
    text.append(": go on with the same data set");
    throw std::invalid_argument(std::string(text.view()));
}

}  // namespace CTCNN_DETAIL::train

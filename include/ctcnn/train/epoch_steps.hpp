// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/schedule_step.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/progress.hpp>
#include <ctcnn/train/round.hpp>

namespace CTCNN_DETAIL::train {

/// How many steps an epoch of so many images has.
constexpr std::size_t steps_of_epoch(const FitOptions& options, std::size_t images) {
    const std::size_t batch_size = std::min(options.batch_size, images);
    return (images + batch_size - 1) / batch_size;
}

/// How many images the last step of an epoch has.
constexpr std::size_t last_batch(const FitOptions& options, std::size_t images) {
    return images - (steps_of_epoch(options, images) - 1) * std::min(options.batch_size, images);
}

/// EpochSteps: the steps of an epoch that a training is in: how many it has, and which of them are left. Steps count
/// from 1.
struct EpochSteps {
    std::size_t images;
    std::size_t batch_size;
    std::size_t count;   ///< of the whole epoch
    std::size_t before;  ///< of the epochs before, and single ones
    std::size_t left;    ///< epochs, this one included, as far as options.epochs goes
    std::size_t all;     ///< of all epochs, as far as the options go
    std::size_t first;
    std::size_t last;  ///< before first, if none is left

    /// With `at_least` 1, an epoch beyond options.epochs is one more.
    EpochSteps(const FitOptions& options, const Progress& progress, std::size_t image_count, std::size_t at_least = 0)
        : images(image_count),
          batch_size(std::min(options.batch_size, images)),
          count(steps_of_epoch(options, images)),
          before(narrowed<std::size_t>(progress.steps - progress.epoch_steps)),
          left(options.epochs - std::min<std::size_t>(options.epochs, narrowed<std::size_t>(progress.epochs))),
          all(steps_in_all(options, before, std::max(at_least, left), count)),
          first(static_cast<std::size_t>(progress.epoch_steps) + 1),
          last(std::min(count, all - std::min(all, before))) {}

    /// Whether fit has something to do: steps, or the end of an epoch whose last step another program has made.
    bool is_left(const Progress& progress) const {
        return left != 0 && (progress.steps < all || progress.epoch_steps == count);
    }
    /// How many epochs there will be.
    std::size_t epochs(const Progress& progress) const {
        return narrowed<std::size_t>(progress.epochs) + (all - std::min(all, before) + count - 1) / count;
    }

    /// A step as the schedule sees it.
    ScheduleStep moment(std::size_t step, const Progress& progress) const {
        return {.step = before + step,
                .steps = all,
                .epoch = static_cast<std::size_t>(progress.epochs) + 1,
                .epochs = epochs(progress),
                .state = &progress.schedule};
    }

    /// The images of a step, in this order.
    template <typename Target, typename Images>
    auto batch(std::size_t step, const Images& from, std::span<const Target> targets,
               const std::uint32_t* order) const {
        const std::size_t begin = (step - 1) * batch_size;
        return batch_of(from, targets.data(), order + begin, std::min(batch_size, images - begin));
    }
};

}  // namespace CTCNN_DETAIL::train

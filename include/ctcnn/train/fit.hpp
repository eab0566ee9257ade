// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/random.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/initialized.hpp>
#include <ctcnn/train/not_finite.hpp>
#include <ctcnn/train/schedule.hpp>
#include <ctcnn/train/step.hpp>

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
};

/// FitOptions: the options of fit.
struct FitOptions {
    std::size_t epochs = 1;
    std::size_t max_steps = 0;  ///< of all epochs together, so that the last one may be cut short; 0: no limit
    std::size_t batch_size = 64;
    std::uint64_t seed = 0;   ///< of the order of the images
    std::size_t threads = 0;  ///< 0: as many as OpenMP takes; the result is the same for any number
    bool shuffle = true;
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

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// How many steps `epochs` epochs of `steps` steps are, or max_steps if that is fewer; as many as can be counted, if there are
/// more.
constexpr std::size_t steps_in_all(const FitOptions& options, std::size_t steps) {
    constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();
    const std::size_t of_epochs = options.epochs > no_end / steps ? no_end : options.epochs * steps;
    return std::min(options.max_steps == 0 ? no_end : options.max_steps, of_epochs);
}

/// OptimizerOf: what fit needs of an optimizer (optim/sgd.hpp).
template <typename Optimizer, typename T>
concept OptimizerOf = requires(const Optimizer& optimizer, std::span<T> parameters, std::span<const T> gradients,
                               std::array<std::span<T>, Optimizer::state_count> state) {
    optimizer.step(parameters, gradients, state, std::uint64_t{1});
};
template <typename Net, typename Optimizer>
consteval bool check_optimizer() {
    constexpr bool right = OptimizerOf<Optimizer, typename Net::scalar>;
    static_assert(right,
                  "the third argument of fit is an optimizer, such as SGD{.lr = 0.1f} or Adam{}; one of your own has a "
                  "state_count and a step(parameters, gradients, state, number)");
    return right;
}

template <typename Net, typename Label, typename Optimizer, typename Loss>
FitReport fit_on(Net& net, const View<Net, Label>& data, const Optimizer& optimizer, const FitOptions& options,
                 const Loss& loss) {
    using T = typename Net::scalar;
    using V = Lanes<T>;
    constexpr std::size_t count = Net::parameter_count;
    const auto images = data.images;
    // A copy: labels that the data set changes meanwhile may have no output.
    const std::vector labels(data.labels.begin(), data.labels.end());
    validate(optimizer);
    validate_loss<Net>(loss);
    if (options.batch_size == 0) {
        throw std::invalid_argument("FitOptions::batch_size is 0: choose 1 or more");
    }
    ScheduledOptimizer<Optimizer> scheduled(optimizer, options.schedule);
    require_initialized(net);
    const std::size_t batch_size = std::min(options.batch_size, images.size());
    const std::size_t steps = (images.size() + batch_size - 1) / batch_size;
    const std::size_t all_steps = steps_in_all(options, steps);

    StepWorkspace<Net, V> workspace(batch_size, thread_count(options.threads));
    AlignedVector<T> state(Optimizer::state_count * count);
    std::vector<std::uint32_t> order(images.size());
    FitReport report;
    // No more than is sensible: a training that should_stop ends may have any number of epochs.
    report.epochs.reserve(std::min<std::size_t>(all_steps / steps + 1, 1024));
    const auto batch_of = [&](std::size_t step) {
        const std::size_t first = (step - 1) * batch_size;
        return Batch<typename Net::input_tensor, Label>{images.data(), labels.data(), order.data() + first,
                                                        std::min(batch_size, images.size() - first)};
    };
    for (std::size_t epoch = 1; report.steps < all_steps; ++epoch) {
        const std::size_t steps_before = report.steps;
        const std::size_t last_step = std::min(steps, all_steps - steps_before);
        const double begin = seconds();
        std::iota(order.begin(), order.end(), std::uint32_t{0});
        if (options.shuffle) {
            // Stream 0 of a seed initializes parameters.
            shuffle(std::span<std::uint32_t>(order), Philox(options.seed, epoch));
        }
        // Written by one thread between two barriers, read by all behind the second one. Once `end` is set it stays.
        double total = 0;
        double mean = 0;
        std::atomic<bool> end = false;
        std::exception_ptr error;
        const auto guarded = [&](const auto& f) {
            try {
                f();
            } catch (...) {
                error = std::current_exception();
                end = true;
            }
        };
        const auto between_steps = [&](std::size_t step) {
            if (options.on_step) {
                options.on_step({epoch, step, steps, mean});
            }
            if (step == last_step) {
                return;
            }
            if (options.should_stop && options.should_stop()) {
                report.stopped = true;
                end = true;
            } else {
                scheduled.begin_step(steps_before + step + 1, all_steps);
            }
        };
        const bool conducted = options.schedule || options.on_step || options.should_stop;
        guarded([&] { scheduled.begin_step(steps_before + 1, all_steps); });
        std::size_t failed_step = 0;
        parallel(workspace.useful_threads(batch_size), [&](Team& team) {
            for (std::size_t step = 1; step <= last_step && !end; ++step) {
                const auto batch = batch_of(step);
                const auto update = [&](std::size_t offset, std::size_t n) {
                    std::array<std::span<T>, Optimizer::state_count> part;
                    for (std::size_t s = 0; s < Optimizer::state_count; ++s) {
                        part[s] = std::span<T>(state.data() + s * count + offset, n);
                    }
                    (*scheduled)
                        .step(std::span<T>(net.parameters().data() + offset, n),
                              std::span<const T>(workspace.gradients() + offset, n), part, steps_before + step);
                };
                workspace.step(team, net.parameters().data(), loss, batch, update, [&](double batch_mean, bool finite) {
                    mean = batch_mean;
                    total += mean * static_cast<double>(batch.count);
                    report.steps = steps_before + step;
                    if (!finite) {
                        failed_step = step;
                        end = true;
                    }
                });
                if (conducted && !end) {
                    team.first_member([&] { guarded([&] { between_steps(step); }); });
                }
            }
        });
        if (error) {
            std::rethrow_exception(error);
        }
        // What the last update did, no loss has shown.
        const bool overflow = failed_step == 0 && !math::all_finite(net.parameters().data(), count);
        if (failed_step != 0 || overflow) {
            failed_step = report.steps - steps_before;
            throw_not_finite<V>(net, batch_of(failed_step), workspace, epoch, failed_step, mean, overflow);
        }
        if (report.stopped) {
            return report;
        }
        const std::size_t trained = std::min(last_step * batch_size, images.size());
        report.epochs.push_back({epoch, total / static_cast<double>(trained), seconds() - begin, trained});
        if (options.on_epoch) {
            options.on_epoch(report.epochs.back());
        }
        if (options.should_stop && options.should_stop()) {
            report.stopped = true;
            return report;
        }
    }
    return report;
}
template <typename Net, typename... Arguments>
inline constexpr bool is_training = sizeof...(Arguments) == 2;
template <typename Net, typename Data, typename Optimizer, typename Options>
inline constexpr bool is_training<Net, Data, Optimizer, Options> = std::is_convertible_v<Options, const FitOptions&>;
template <typename Net, typename Data, typename Optimizer, typename Options, typename Loss>
inline constexpr bool is_training<Net, Data, Optimizer, Options, Loss> =
    std::is_convertible_v<Options, const FitOptions&>;
/// The arguments of fit behind the network.
template <typename Net, typename... Arguments>
concept FitArguments = is_training<Net, Arguments...>;

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// fit: trains a network on a data set (anything with images() and labels()); the last batch of an epoch may be smaller.
/// Each call starts from scratch: with the first permutation of the seed, and with an empty optimizer state.
/// Throws   std::invalid_argument for an empty data set, a label without output, a batch size of 0, a network that was
///          not initialized, a learning rate that is negative or not finite, and what an optimizer, a loss or a
///          schedule refuses;
///          LossNotFinite when the loss of a step or its gradient is infinite or NaN, which ends the training before that
///          step is taken, or when the last step of an epoch makes parameters infinite
template <AnyNetwork Net, typename Data, typename Optimizer, typename Loss = CrossEntropyLoss>
FitReport fit(Net& net, const Data& dataset, const Optimizer& optimizer, const FitOptions& options = {},
              const Loss& loss = {}) {
    using namespace detail_;
    static_assert(!std::is_const_v<Net>, "fit changes the network: this one is const");
    if constexpr (!std::is_const_v<Net> && train::check_optimizer<Net, Optimizer>()) {
        const auto data = train::view_of<Net>(dataset);
        if constexpr (train::check_loss<Net, Loss, typename decltype(data.labels)::value_type>()) {
            return train::fit_on(net, data, optimizer, options, loss);
        }
    }
    return {};
}
/// Other arguments are refused with one sentence.
template <AnyNetwork Net, typename... Arguments>
    requires(!detail_::train::FitArguments<Net, Arguments...>)
FitReport fit(Net&, Arguments&&...) {
    static_assert(
        detail_::model::never<Arguments...>,
        "the arguments of fit are net, data, optimizer, options, loss: the data have images() and labels(), as a "
        "Dataset has; options and loss may be left out, as in fit(net, train_set, SGD{.lr = 0.1f}, {.epochs = 5}, "
        "MSELoss{})");
    return {};
}
template <RefusedNetwork Net, typename Data, typename Optimizer, typename Loss = CrossEntropyLoss>
FitReport fit(Net&, const Data&, const Optimizer&, const FitOptions& = {}, const Loss& = {}) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/epoch_steps.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/image_order.hpp>
#include <ctcnn/train/initialized.hpp>
#include <ctcnn/train/not_finite.hpp>
#include <ctcnn/train/parameter_updates.hpp>
#include <ctcnn/train/progress.hpp>
#include <ctcnn/train/refused_trainer.hpp>
#include <ctcnn/train/schedule.hpp>
#include <ctcnn/train/step.hpp>
#include <ctcnn/train/training_data.hpp>
#include <ctcnn/train/training_workspace.hpp>
#include <ctcnn/train/value_and_grad.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// Trainer: a training that can be stepped, paused, saved and continued: a network, the optimizer with what it
/// remembers, and how far they are. The network is the caller's, and outlives the trainer.
///     Trainer trainer(net, SGD{.lr = 0.1f, .momentum = 0.9f}, {.epochs = 10});
///     trainer.run_epoch(train_set);
/// The order of an epoch's images depends on the seed and on the number of the epoch alone, and the results on no
/// number of threads.
template <typename Net, typename Optimizer, typename Loss>
class Trainer {
    static_assert(!std::is_const_v<Net>, "a Trainer changes the network: this one is const");
    using T = typename Net::scalar;
    using V = detail_::Lanes<T>;
    static constexpr std::size_t count = Net::parameter_count;
    static_assert(
        detail_::train::OptimizerOf<Optimizer, T>,
        "the second argument of a Trainer is an optimizer, such as SGD{.lr = 0.1f} or Adam{}; one of your own "
        "has a state_count and a step(parameters, gradients, state, number)");

public:
    /// Throws   std::invalid_argument for a batch size of 0, and what the optimizer, the loss or the schedule refuses
    explicit Trainer(Net& net, const Optimizer& optimizer = {}, const FitOptions& options = {}, const Loss& loss = {})
        : net_(net),
          options_(options),
          loss_(loss),
          updates_(net_.parameters().data(), optimizer, options_),
          workspace_(detail_::run::thread_count(options_.threads)) {
        detail_::train::validate_loss<Net>(loss_);
        if (options_.batch_size == 0) {
            throw std::invalid_argument("FitOptions::batch_size is 0: choose 1 or more");
        }
        progress_.seed = options_.seed;
    }
    explicit Trainer(Net&&, const Optimizer& = {}, const FitOptions& = {}, const Loss& = {}) = delete;
    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    Net& net() { return net_; }
    const Net& net() const { return net_; }
    const Optimizer& optimizer() const { return updates_.optimizer(); }
    const FitOptions& options() const { return options_; }
    const Loss& loss() const { return loss_; }
    TrainingWorkspace<Net>& workspace() { return workspace_; }

    std::uint64_t seed() const { return progress_.seed; }
    /// How many epochs are complete, how many steps the one that has begun has had, and all epochs together.
    std::size_t epochs() const { return static_cast<std::size_t>(progress_.epochs); }
    std::size_t epoch_steps() const { return static_cast<std::size_t>(progress_.epoch_steps); }
    std::size_t steps() const { return static_cast<std::size_t>(progress_.steps); }

    /// The learning rate of the last step; where ParameterGroups or Muon have several, each of them, in their order.
    /// Before the first step, the optimizer's own. Checkpoints hold it.
    /// As in    get_last_lr of torch.optim.lr_scheduler
    std::vector<double> last_lr() const {
        std::vector<double> rates;
        updates_.for_each_rate([&rates](auto rate) { rates.push_back(rate); });
        return rates;
    }

    /// What the optimizer remembers, in the order of the parameters: its first number of each, then its second, ...
    std::span<T> state() { return updates_.state(); }
    std::span<const T> state() const { return updates_.state(); }

    /// One step on a batch; returns its mean loss. Images and targets are those of value_and_grad.
    /// Throws   std::invalid_argument for what value_and_grad refuses, a network that was not initialized, and a
    ///          schedule without options.max_steps, which says how many steps there will be;
    ///          LossNotFinite as fit does
    template <typename Images = std::span<const typename Net::input_tensor>,
              typename Targets = std::span<const typename Net::output_tensor>>
    double step(const Images& images, const Targets& targets) {
        using namespace detail_::train;
        if constexpr (check_images<Net, Images>()) {
            if constexpr (check_targets<Net, Targets>()) {
                const auto seen = targets_of<Net>(targets);
                if constexpr (check_loss<Net, Loss, typename decltype(seen)::value_type>()) {
                    return step_on(std::span<const typename Net::input_tensor>(images), seen);
                }
            }
        }
        return 0;
    }

    /// The same on a batch with images() and labels() or targets(), as a Dataset has.
    template <typename Data>
    double step(const Data& batch) {
        const auto data = detail_::train::view_of<Net>(batch, loss_);
        return step(data.images, data.targets);
    }

    /// The steps of an epoch, or those that are left of one that has begun, whatever options.epochs says; ends earlier
    /// where options.max_steps or options.should_stop say so, and where max_steps leaves no step, nothing happens and
    /// the report has no images. Calls on_step, on_epoch and should_stop as fit does.
    /// Throws   what fit throws; std::invalid_argument where an epoch goes on with a data set of another size
    template <typename Data>
    EpochReport run_epoch(const Data& dataset) {
        return on_data<EpochReport>(
            dataset, [this](const auto& images, const auto& targets) { return this->epoch_on(images, targets); });
    }

    /// All epochs that options.epochs and options.max_steps ask for and that are left, with callbacks.
    ///     trainer.fit(train_set, Validation{validation_set}, EarlyStopping{.patience = 3});
    template <typename Data, typename... Callbacks>
    FitReport fit(const Data& dataset, Callbacks&&... callbacks) {
        using namespace detail_::train;
        if constexpr (sizeof...(Callbacks) == 0) {
            return on_data<FitReport>(
                dataset, [this](const auto& images, const auto& targets) { return this->fit_on(images, targets); });
        } else if constexpr ((check_callback<std::remove_reference_t<Callbacks>, Trainer>() && ...)) {
            return on_data<FitReport>(dataset, [&](const auto& images, const auto& targets) {
                const EpochSteps steps(options_, progress_, images.size());
                return with_callbacks(
                    *this, hooks_, kept_.states, {steps.epochs(progress_), steps.count, steps.all, false},
                    [&] { return this->fit_on(images, targets); }, callbacks...);
            });
        } else {
            return {};
        }
    }

    /// Keeps a copy of the parameters and buffers, and of the average of EMA or SWA. Checkpoints hold it, too.
    void keep_weights() {
        if constexpr (requires { Optimizer::is_average; }) {
            // Before the first average, averaged() is the network itself.
            const bool begun = optimizer().averages(steps()) != 0;
            kept_.keep(net_, begun ? std::span<const T>(state().last(count)) : net_.parameters());
        } else {
            kept_.keep(net_, {});
        }
    }
    /// Sets them to the copy, if there is one.
    void restore_weights() {
        if constexpr (requires { Optimizer::is_average; }) {
            kept_.restore(net_, state().last(count));
        } else {
            kept_.restore(net_, {});
        }
    }

private:
    friend detail_::train::ProgressOf;
    using Images = std::span<const typename Net::input_tensor>;
    using Buffers = detail_::train::StepWorkspace<Net, V>;

    template <typename Report, typename Data, typename F>
    Report on_data(const Data& dataset, const F& f) {
        return detail_::train::on_data<Net, Report>(dataset, loss_, order_, f);
    }

    /// What the last update did, no loss has shown.
    bool overflows() const { return !detail_::math::all_finite(net_.parameters().data(), count + Net::buffer_count); }

    template <typename Target>
    double step_on(Images images, std::span<const Target> targets) {
        using namespace detail_::train;
        check_batch<Net>(loss_, images, targets, "the batch is empty: the mean loss needs one image or more");
        detail_::train::check_statistics<Net>(images.size());
        if (options_.schedule && options_.max_steps == 0) {
            throw std::invalid_argument(
                "a schedule needs to know how many steps there will be: set FitOptions::max_steps");
        }
        if (progress_.steps == 0) {
            detail_::train::require_initialized(net_);
        }
        const auto number = detail_::narrowed<std::size_t>(progress_.steps) + 1;
        updates_.begin_step({number, options_.max_steps});
        Buffers& buffers = workspace_.buffers(images.size());
        const Batch<typename Net::input_tensor, Target> batch{images.data(), targets.data(), nullptr, images.size()};
        double mean = 0;
        bool finite = true;
        parallel(buffers.useful_threads(images.size()), [&](Team& team) {
            buffers.step(
                team, net_.parameters().data(), loss_, batch,
                [&](std::size_t offset, std::size_t size) {
                    if (!updates_.apart()) {
                        updates_.update(buffers, offset, size, number, 0);
                    }
                },
                [&](double batch_mean, bool batch_finite) {
                    mean = batch_mean;
                    finite = batch_finite;
                    if (finite) {
                        buffers.update_buffers(images.size(), net_.parameters().data() + count);
                    }
                },
                {progress_.seed, number});
            if (updates_.apart() && finite) {
                updates_.update_apart(team, buffers, number);
            }
        });
        const bool overflow = finite && overflows();
        if (!finite || overflow) {
            throw_not_finite<V>(net_, batch, buffers, epochs() + 1, number, mean, overflow);
        }
        ++progress_.steps;
        return mean;
    }

    template <typename From, typename Target>
    EpochReport epoch_on(From images, std::span<const Target> targets) {
        using namespace detail_::train;
        if (progress_.steps == 0) {
            detail_::train::require_initialized(net_);
        }
        const double begin = seconds();
        const EpochSteps steps(options_, progress_, images.size(), 1);
        stopped_ = false;
        if (progress_.epoch_steps == 0) {
            progress_.images = images.size();
            progress_.batch_size = steps.batch_size;
            progress_.loss_sum = std::numeric_limits<double>::quiet_NaN();  // until a batch has a loss
        } else if (progress_.images != images.size() || progress_.batch_size != steps.batch_size) {
            refuse_other_data(images.size(), progress_.images);
        }
        order_.begin_epoch(images.size(), progress_.seed, progress_.epochs, options_.shuffle);
        check_statistics<Net>(last_batch(options_, images.size()));
        const auto batch_of = [&](std::size_t step) { return steps.batch(step, images, targets, order_.data()); };
        // Written by one thread between two barriers, read by all behind the second one. Once `end` is set it stays.
        double mean = 0;
        std::atomic<bool> end = false;
        std::exception_ptr error;
        const auto between_steps = [&](std::size_t step) {
            if (options_.on_step) {
                options_.on_step({epochs() + 1, step, steps.count, mean});
            }
            if (hooks_.on_step) {
                hooks_.on_step({epochs() + 1, step, steps.count, mean});
            }
            if (step == steps.last) {
                return;
            }
            if (is_to_stop()) {
                stopped_ = true;
                end = true;
            } else {
                updates_.begin_step(steps.moment(step + 1, progress_));
            }
        };
        const bool conducted =
            options_.schedule || options_.on_step || options_.should_stop || hooks_.on_step || hooks_.should_stop;
        if (steps.first <= steps.last) {
            updates_.begin_step(steps.moment(steps.first, progress_));
        }
        Buffers& buffers = workspace_.buffers(steps.batch_size);
        if constexpr (requires { images.pipeline; }) {
            buffers.template reserve_augmented<std::remove_cvref_t<decltype(*images.pipeline)>>();
        }
        std::size_t failed_step = 0;
        parallel(buffers.useful_threads(steps.batch_size), [&](Team& team) {
            for (std::size_t step = steps.first; step <= steps.last && !end; ++step) {
                const auto batch = batch_of(step);
                buffers.step(
                    team, net_.parameters().data(), loss_, batch,
                    [&](std::size_t offset, std::size_t size) {
                        if (!updates_.apart()) {
                            updates_.update(buffers, offset, size, steps.before + step, 0);
                        }
                    },
                    [&](double batch_mean, bool finite) {
                        mean = batch_mean;
                        if (finite) {
                            progress_.add_loss(mean, (step - 1) * steps.batch_size, batch.count);
                            progress_.epoch_steps = step;
                            progress_.steps = steps.before + step;
                            buffers.update_buffers(batch.count, net_.parameters().data() + count);
                        } else {
                            failed_step = step;
                            end = true;
                        }
                    },
                    {progress_.seed, steps.before + step});
                if (updates_.apart() && !end) {
                    updates_.update_apart(team, buffers, steps.before + step);
                }
                if (conducted && !end) {
                    team.first_member([&] {
                        try {
                            between_steps(step);
                        } catch (...) {
                            error = std::current_exception();
                            end = true;
                        }
                    });
                }
            }
        });
        if (error) {
            std::rethrow_exception(error);
        }
        const bool overflow = failed_step == 0 && overflows();
        if (failed_step != 0 || overflow) {
            failed_step = overflow ? std::max<std::size_t>(1, epoch_steps()) : failed_step;
            throw_not_finite<V>(net_, batch_of(failed_step), buffers, epochs() + 1, failed_step, mean, overflow);
        }
        return end_epoch(steps.count, images.size(), begin, steps.first > steps.last);
    }

    bool is_to_stop() const {
        const bool by_options = options_.should_stop && options_.should_stop();
        const bool by_callbacks = hooks_.should_stop && hooks_.should_stop();
        return by_options || by_callbacks;
    }

    /// The report of an epoch; if it is complete, the next one begins behind it.
    EpochReport end_epoch(std::size_t steps, std::size_t images, double begin, bool nothing_done) {
        const std::size_t trained =
            std::min(epoch_steps() * detail_::narrowed<std::size_t>(progress_.batch_size), images);
        const double mean = trained == 0 ? 0 : progress_.loss_sum / static_cast<double>(trained);
        EpochReport report{epochs() + 1, mean, detail_::run::seconds() - begin, trained};
        if (nothing_done && epoch_steps() != steps) {
            return report;
        }
        const bool stopped_within = stopped_;
        if (!stopped_within && hooks_.measure) {
            hooks_.measure(report);
        }
        if (epoch_steps() == steps) {
            ++progress_.epochs;
            progress_.epoch_steps = 0;
            options_.schedule.end_epoch(progress_.schedule, hooks_.measures_loss ? report.validation_loss : mean);
        }
        if (!stopped_within) {
            // First the callbacks: options_.on_epoch may save the training, with their states.
            if (hooks_.on_epoch) {
                hooks_.on_epoch(report);
            }
            if (options_.on_epoch) {
                options_.on_epoch(report);
            }
            stopped_ = is_to_stop();
        }
        return report;
    }

    template <typename From, typename Target>
    FitReport fit_on(From images, std::span<const Target> targets) {
        using namespace detail_::train;
        check_statistics<Net>(last_batch(options_, images.size()));
        const auto left = [&] { return EpochSteps(options_, progress_, images.size()); };
        FitReport report;
        // No more than is sensible: a training that should_stop ends may have any number of epochs.
        report.epochs.reserve(std::min<std::size_t>(left().left, 1024));
        while (!report.stopped && left().is_left(progress_)) {
            const EpochReport epoch = epoch_on(images, targets);
            report.stopped = stopped_;
            if (!stopped_ || epoch_steps() == 0 || this->steps() == options_.max_steps) {
                report.epochs.push_back(epoch);
            }
        }
        report.steps = this->steps();
        return report;
    }

    Net& net_;
    FitOptions options_;
    Loss loss_;
    detail_::train::ParameterUpdates<Net, Optimizer> updates_;
    detail_::train::Progress progress_;
    TrainingWorkspace<Net> workspace_;
    detail_::train::ImageOrder order_;
    detail_::train::Hooks hooks_;
    detail_::train::Kept<T> kept_;
    bool stopped_ = false;  // should_stop has said so
};

template <typename Net, typename Optimizer, typename Loss = CrossEntropyLoss>
Trainer(Net&, const Optimizer&, const FitOptions& = {}, const Loss& = {}) -> Trainer<Net, Optimizer, Loss>;

/// value_and_grad of a trainer's network and loss, in its buffers and on its threads.
template <AnyNetwork Net, typename Optimizer, typename Loss,
          typename Images = std::span<const typename Net::input_tensor>,
          typename Targets = std::span<const typename Net::output_tensor>>
typename Net::scalar value_and_grad(Trainer<Net, Optimizer, Loss>& trainer, const Images& images,
                                    const Targets& targets, Gradients<Net>& gradients) {
    return value_and_grad(std::as_const(trainer).net(), trainer.loss(), images, targets, gradients,
                          trainer.workspace());
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/not_finite.hpp>
#include <ctcnn/train/trainer.hpp>

namespace CTCNN_API {

/// LRFindOptions: the options of lr_find.
struct LRFindOptions {
    double min_lr = 1e-8;
    double max_lr = 1;
    std::size_t num_training = 100;   ///< steps
    double early_stop_threshold = 4;  ///< ends once the smoothed loss is so many times the best one; 0: never
    std::size_t batch_size = 64;
    std::uint64_t seed = 0;
    std::size_t threads = 0;

    /// Throws   std::invalid_argument for rates that do not rise, fewer than 3 steps, and numbers that make no sense
    constexpr void validate() const {
        using namespace detail_;
        require_from_zero(min_lr, "LRFindOptions::min_lr must be above 0");
        require_from_zero(max_lr, "LRFindOptions::max_lr must be above min_lr");
        refuse_unless(min_lr > 0 && max_lr > min_lr,
                      "LRFindOptions: the rates go from min_lr, above 0, to a higher max_lr");
        refuse_unless(num_training >= 3, "LRFindOptions::num_training must be 3 or more");
        require_from_zero(early_stop_threshold, "LRFindOptions::early_stop_threshold must be a number from 0 on");
    }
};

/// LRFinder: what lr_find has found: a learning rate of each step and the smoothed loss of it.
template <typename T = double>  // a template, so that programs without it do not compile it
struct LRFinder {
    std::vector<T> lrs;
    std::vector<T> losses;

    /// The rate at which the loss falls most steeply, without the first steps and the last ones; NaN if there are too
    /// few steps.
    double suggestion(std::size_t skip_begin = 10, std::size_t skip_end = 1) const {
        double best = detail_::math::detail::quiet_nan<double>;
        double steepest = 0;
        bool found = false;
        for (std::size_t i = skip_begin; i + skip_end < losses.size(); ++i) {
            // As numpy.gradient: differences on both sides, on one side at the ends.
            const std::size_t left = i > skip_begin ? i - 1 : i;
            const std::size_t right = i + skip_end + 1 < losses.size() ? i + 1 : i;
            if (left == right) {
                continue;
            }
            const double slope = (losses[right] - losses[left]) / static_cast<double>(right - left);
            if (!found || slope < steepest) {
                found = true;
                steepest = slope;
                best = lrs[i];
            }
        }
        return best;
    }
};
LRFinder(std::vector<double>, std::vector<double>) -> LRFinder<>;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train {

/// Rates from `low` to `high` in equal factors.
template <typename T>
std::vector<T> geometric_rates(T low, T high, std::size_t count) {
    std::vector<T> rates(count, low);
    // Bisection of the factor, whose power is known: the same bits on every platform.
    T below = 1;
    T above = high / low;
    for (int i = 0; i < 200; ++i) {
        const T middle = below + (above - below) / 2;
        T product = low;
        for (std::size_t n = 1; n < count && product < high; ++n) {
            product *= middle;
        }
        (product < high ? below : above) = middle;
    }
    for (std::size_t n = 1; n < count; ++n) {
        rates[n] = rates[n - 1] * below;
    }
    return rates;
}

}  // namespace CTCNN_DETAIL::train

namespace CTCNN_API::inline CTCNN_TEAM {

/// lr_find: a training of a copy of the network with learning rates that rise from step to step, from min_lr to max_lr;
/// where the loss falls most steeply is a good rate: lr_find(net, set, SGD{}).suggestion(). The network does not
/// change.
/// Throws   what fit throws; but LossNotFinite ends the search behind its first step
/// As in    lightning.pytorch.tuner.Tuner.lr_find
/// Source   Smith, "Cyclical learning rates for training neural networks", WACV 2017
template <AnyNetwork Net, typename Data, typename Optimizer, typename Loss = CrossEntropyLoss, typename T = double>
LRFinder<T> lr_find(const Net& net, const Data& dataset, Optimizer optimizer, const LRFindOptions& options = {},
                    const Loss& loss = {}) {
    constexpr bool has_rate = requires { optimizer.lr; };
    static_assert(has_rate, "lr_find chooses the learning rate of an optimizer with a member lr, such as SGD{}");
    LRFinder<T> finder;
    if constexpr (has_rate) {
        options.validate();
        const std::vector<T> rates =
            detail_::train::geometric_rates<T>(options.min_lr, options.max_lr, options.num_training);
        // The losses are smoothed as in Lightning: a moving average that begins with 0, corrected for that.
        constexpr double decay = 0.98;
        double average = 0;
        double weight = 1;
        double best = 0;
        bool diverges = false;
        if constexpr (requires { optimizer.adamw.lr; }) {
            optimizer.adamw.lr /= optimizer.lr > 0 ? optimizer.lr : 1;  // Muon's, in proportion
        }
        T rate = 0;  // of the step
        optimizer.lr = 1;
        FitOptions fitting{.epochs = options.num_training,
                           .max_steps = options.num_training,
                           .batch_size = options.batch_size,
                           .seed = options.seed,
                           .threads = options.threads};
        fitting.schedule = [&](std::size_t step, std::size_t) { return rate = rates[step - 1]; };
        fitting.on_step = [&](const StepReport& report) {
            if (!detail_::math::is_finite(report.loss)) {
                return;  // All images of the batch are ignored.
            }
            average = decay * average + (1 - decay) * report.loss;
            weight *= decay;
            const double smoothed = average / (1 - weight);
            diverges = finder.lrs.size() > 1 && options.early_stop_threshold > 0 &&
                       smoothed > options.early_stop_threshold * best;
            best = finder.losses.empty() || smoothed < best ? smoothed : best;
            finder.lrs.push_back(rate);
            finder.losses.push_back(smoothed);
        };
        fitting.should_stop = [&diverges] { return diverges; };
        Net copy = net;
        try {
            Trainer<Net, Optimizer, Loss>(copy, optimizer, fitting, loss).fit(dataset);
        } catch (const LossNotFinite&) {
            // The rates up to here are the answer.
            if (finder.lrs.empty()) {
                throw;
            }
        }
    }
    return finder;
}
template <RefusedNetwork Net, typename Data, typename Optimizer, typename Loss = CrossEntropyLoss, typename T = double>
LRFinder<T> lr_find(const Net&, const Data&, const Optimizer&, const LRFindOptions& = {}, const Loss& = {}) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

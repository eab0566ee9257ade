// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <stdexcept>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/schedule_step.hpp>
#include <ctcnn/optim/settings.hpp>

namespace CTCNN_API {

/// Whether the smaller or the larger of two metrics is the better one.
enum class PlateauMode { min, max };
/// Whether a threshold is a share of the best metric, or a difference from it.
enum class ThresholdMode { rel, abs };

/// ReduceLROnPlateau: the learning rate times factor once the metric has not become better for more than `patience`
/// epochs in a row. The metric is what metric() says at the end of each epoch, before FitOptions::on_epoch, or the mean
/// loss of the epoch where there is none:
///     ReduceLROnPlateau{.patience = 3, .metric = [&] { return evaluate(net, validation_set).loss; }}
/// As in    torch.optim.lr_scheduler.ReduceLROnPlateau
struct ReduceLROnPlateau {
    PlateauMode mode = PlateauMode::min;
    double factor = 0.1;
    std::size_t patience = 10;
    double threshold = 1e-4;
    ThresholdMode threshold_mode = ThresholdMode::rel;
    std::size_t cooldown = 0;
    double min_lr = 0;
    double eps = 1e-8;
    std::function<double()> metric = {};

    /// Throws   std::invalid_argument for a factor outside 0 (included) to 1 (excluded), and for a threshold, min_lr or
    ///          eps that are below 0 or not finite, and for mode max without a metric
    void validate() const {
        using namespace detail_;
        require_below_one(factor, "ReduceLROnPlateau::factor must be at least 0 and below 1");
        require_from_zero(threshold, "ReduceLROnPlateau::threshold must be a number from 0 on");
        require_from_zero(min_lr, "ReduceLROnPlateau::min_lr must be a number from 0 on");
        require_from_zero(eps, "ReduceLROnPlateau::eps must be a number from 0 on");
        refuse_unless(mode == PlateauMode::min || metric,
                      "ReduceLROnPlateau::mode is max, but without a metric it follows the loss, of which lower is "
                      "better: set .metric, or choose .mode = PlateauMode::min");
    }

    /// Throws   std::invalid_argument in a training by single steps, which has no epochs, and in one that was begun
    ///          with the other mode
    double operator()(const ScheduleStep& now) const {
        if (now.epoch == 0 || now.state == nullptr) {
            throw std::invalid_argument(
                "ReduceLROnPlateau compares epochs: train with run_epoch or fit, not by single steps");
        }
        refuse_other_mode(*now.state);
        double rate = now.lr;
        for (double n = 0; n < now.state->numbers[reductions]; ++n) {
            const double reduced = std::max(rate * factor, min_lr);
            if (!(rate - reduced > eps)) {
                break;
            }
            rate = reduced;
        }
        return now.lr > 0 ? rate / now.lr : 1;
    }

    /// At the end of an epoch with this mean loss.
    void end_epoch(detail_::ScheduleState& state, double loss) const {
        double* now = state.numbers;
        const double current = metric ? metric() : loss;
        const bool first = !(now[epochs] > 0);
        now[epochs] += 1;
        now[higher] = mode == PlateauMode::max ? 1 : -1;
        if (detail_::math::is_finite(current) && (first || is_better(current, now[best]))) {
            now[best] = current;
            now[bad_epochs] = 0;
        } else {
            // As PyTorch, which begins with infinity: anything is better.
            now[best] = first ? (mode == PlateauMode::min ? largest : -largest) : now[best];
            now[bad_epochs] += 1;
        }
        if (now[cooling] > 0) {
            now[cooling] -= 1;
            now[bad_epochs] = 0;
        }
        if (now[bad_epochs] > static_cast<double>(patience)) {
            now[reductions] += 1;
            now[cooling] = static_cast<double>(cooldown);
            now[bad_epochs] = 0;
        }
    }

private:
    /// The places of a ScheduleState.
    static constexpr std::size_t best = 0;
    static constexpr std::size_t bad_epochs = 1;
    static constexpr std::size_t cooling = 2;
    static constexpr std::size_t reductions = 3;
    static constexpr std::size_t epochs = 4;
    static constexpr std::size_t higher = 5;  // 1: PlateauMode::max, -1: min, 0: not known, in an older checkpoint
    static constexpr double largest = 1.7976931348623157e308;

    void refuse_other_mode(const detail_::ScheduleState& state) const {
        const double begun = state.numbers[higher];
        if (state.numbers[epochs] > 0 && (mode == PlateauMode::max ? begun < 0 : begun > 0)) {
            throw std::invalid_argument(
                mode == PlateauMode::max
                    ? "this training was begun with ReduceLROnPlateau in PlateauMode::min: continue with the same .mode"
                    : "this training was begun with ReduceLROnPlateau in PlateauMode::max: continue with the same "
                      ".mode");
        }
    }

    bool is_better(double current, double than) const {
        const double margin = threshold_mode == ThresholdMode::rel ? than * threshold : threshold;
        return mode == PlateauMode::min ? current < than - margin : current > than + margin;
    }
};

}  // namespace CTCNN_API

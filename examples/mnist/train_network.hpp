// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>

#include <ctcnn/training.hpp>

#include "training.hpp"

namespace mnist {

/// Trains a network from its first parameters on, and tests it after each epoch where that is shown, and at the end.
template <ctcnn::AnyNetwork Net, typename Initializer, typename Optimizer>
Outcome train_network(const Initializer& initializer, const Optimizer& optimizer,
                      const decltype(ctcnn::FitOptions::schedule)& schedule, const ctcnn::CrossEntropyLoss& loss,
                      const Settings& settings, const Digits& train, const Digits& test, const Listener& listener) {
    const auto net = std::make_unique<Net>();
    ctcnn::initialize(*net, initializer, settings.seed);

    Outcome outcome;
    const auto answer = [&] { outcome.predictions = ctcnn::predict(*net, test.images(), settings.threads); };
    const std::size_t steps_per_epoch = (train.size() + settings.batch_size - 1) / settings.batch_size;
    const auto steps =
        static_cast<std::size_t>(std::max(1.0, std::round(settings.epochs * static_cast<double>(steps_per_epoch))));
    const ctcnn::FitReport report =
        ctcnn::fit(*net, train, optimizer,
                   {.epochs = static_cast<std::size_t>(std::ceil(settings.epochs)),
                    .max_steps = steps,
                    .batch_size = settings.batch_size,
                    .seed = settings.seed,
                    .threads = settings.threads,
                    .schedule = schedule,
                    .on_epoch =
                        [&](const ctcnn::EpochReport& epoch) {
                            if (!listener.on_epoch) {
                                return;
                            }
                            answer();
                            const auto right = static_cast<double>(count_right(outcome.predictions, test));
                            listener.on_epoch({epoch.epoch, epoch.images, epoch.loss, epoch.seconds,
                                               right / static_cast<double>(test.size())});
                        },
                    .on_step =
                        [&](const ctcnn::StepReport& step) {
                            listener.on_step({step.epoch, step.step, step.steps_per_epoch, step.loss});
                        },
                    .should_stop = listener.should_stop},
                   loss);
    outcome.stopped = report.steps < steps;
    if (outcome.stopped || !listener.on_epoch) {
        answer();
    }
    return outcome;
}

}  // namespace mnist

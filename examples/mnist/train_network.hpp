// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <ctcnn/training.hpp>

#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "collect_report.hpp"
#include "options.hpp"
#include "training.hpp"

namespace mnist {

/// How many steps the epochs are; none where nothing is to be trained.
inline std::size_t count_steps(const Settings& settings, std::size_t images) {
    if (!(settings.epochs > 0)) {
        return 0;
    }
    const std::size_t steps_per_epoch = (images + settings.batch_size - 1) / settings.batch_size;
    return static_cast<std::size_t>(std::max(1.0, std::round(settings.epochs * static_cast<double>(steps_per_epoch))));
}

/// Sets a training to where a checkpoint has left it. The history gets the file of the parameters that it began with.
/// Throws   std::runtime_error if it was saved with other settings
template <typename Trainer>
void resume_training(Trainer& trainer, const Files& files, History& history) {
    const std::map<std::string, std::string> metadata = metadata_of(files.resume);
    const auto found = metadata.find("mnist.settings");
    if (found != metadata.end() && found->second != files.settings) {
        throw std::runtime_error("the training was saved with other settings: resume it with " +
                                 ctcnn::detail_::printable(found->second));
    }
    const auto data = metadata.find("mnist.data");
    if (data != metadata.end() && data->second != files.data) {
        throw std::runtime_error("the training was saved with other images: resume it with --data " +
                                 ctcnn::detail_::printable(data->second));
    }
    ctcnn::resume(trainer, files.resume);
    const auto load = metadata.find("mnist.load");
    history.load_is_known = load != metadata.end();
    history.load = history.load_is_known ? load->second : std::string();
    history.load_is_replaced = metadata.contains("mnist.load_is_replaced");
}

/// Trains a network from its first parameters on, or from those of a file, and tests it after each epoch where that is
/// shown, and at the end.
template <ctcnn::AnyNetwork Net, typename Initializer, typename Optimizer>
Outcome train_network(const Initializer& initializer, const Optimizer& optimizer,
                      const decltype(ctcnn::FitOptions::schedule)& schedule, const ctcnn::CrossEntropyLoss& loss,
                      const Settings& settings, const Files& files, const Digits& train, const Digits& test,
                      const Listener& listener) {
    const auto net = std::make_unique<Net>();
    ctcnn::initialize(*net, initializer, settings.seed);
    if (!files.load.empty()) {
        ctcnn::load_safetensors(*net, files.load, {.convert = true, .allow_unexpected = true});
    }

    Outcome outcome;
    const bool reports = !files.report.empty();
    History history;
    const auto answer = [&] {
        outcome.outputs = ctcnn::infer(*net, test.images(), settings.threads);
        outcome.predictions = answers(outcome.outputs);
    };
    const std::map<std::string, std::string> metadata{{"mnist.net", files.net}, {"mnist.data", files.data}};
    if (const std::size_t steps = count_steps(settings, train.size()); steps != 0) {
        std::function<void()> save_training;
        const auto on_epoch = [&](const ctcnn::EpochReport& epoch) {
            if (listener.on_epoch || reports) {
                answer();
                const auto right = static_cast<double>(count_right(outcome.predictions, test));
                const EpochNews news{epoch.epoch, epoch.images, epoch.loss, epoch.seconds,
                                     right / static_cast<double>(test.size())};
                if (reports) {
                    history.epochs.push_back(news);
                }
                if (listener.on_epoch) {
                    listener.on_epoch(news);
                }
            }
            save_training();
        };
        const auto on_step = [&](const ctcnn::StepReport& step) {
            if (reports) {
                const double part = static_cast<double>(step.step) / static_cast<double>(step.steps_per_epoch);
                history.losses.push_back({static_cast<double>(step.epoch - 1) + part, step.loss});
            }
            listener.on_step({step.epoch, step.step, step.steps_per_epoch, step.loss});
        };
        ctcnn::Trainer trainer(*net, optimizer,
                               {.epochs = static_cast<std::size_t>(std::ceil(settings.epochs)),
                                .max_steps = steps,
                                .batch_size = settings.batch_size,
                                .seed = settings.seed,
                                .threads = settings.threads,
                                .schedule = schedule,
                                .on_epoch = on_epoch,
                                .on_step = on_step,
                                .should_stop = listener.should_stop},
                               loss);
        save_training = [&] {
            if (!files.checkpoint.empty()) {
                std::map<std::string, std::string> of_training = metadata;
                of_training.emplace("mnist.settings", files.settings);
                if (history.load_is_known) {
                    of_training.emplace("mnist.load", history.load);
                }
                if (history.load_is_replaced) {
                    of_training.emplace("mnist.load_is_replaced", "1");
                }
                ctcnn::save_checkpoint(trainer, files.checkpoint, of_training);
            }
        };
        history.load = files.load;
        if (!files.resume.empty()) {
            resume_training(trainer, files, history);
        }
        for (const std::string* file : {&files.save, &files.checkpoint, &files.resume, &files.report}) {
            history.load_is_replaced = history.load_is_replaced || are_one_file(history.load, *file);
        }
        trainer.fit(train);
        outcome.stopped = trainer.steps() < steps;
        history.steps = trainer.steps();
        history.all_steps = steps;
        history.steps_per_epoch = (train.size() + settings.batch_size - 1) / settings.batch_size;
        history.scheduled = static_cast<bool>(schedule);
        history.seed = trainer.seed();
        if (outcome.stopped) {
            save_training();
        }
    }
    if (outcome.stopped || outcome.predictions.empty()) {
        answer();
    }
    if (!files.save.empty()) {
        ctcnn::save_safetensors(*net, files.save, metadata);
    }
    if (reports) {
        history.stopped = outcome.stopped;
        outcome.report =
            std::make_shared<ReportData>(collect_report(*net, std::move(history), test, outcome.predictions));
    }
    return outcome;
}

}  // namespace mnist

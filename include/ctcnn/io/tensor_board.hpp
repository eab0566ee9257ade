// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <time.h>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/io/event_file.hpp>
#include <ctcnn/io/log_options.hpp>
#include <ctcnn/io/protobuf.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// TensorBoard: writes the values of each epoch to an event file in a folder, which `tensorboard --logdir` shows. The
/// tags are loss/train, loss/validation, accuracy/validation, metric/validation and lr, the learning rate of the
/// epoch's last step (lr/0, lr/1, ... where there are several); the steps are epochs. With every_n_steps, loss/step
/// and lr/step (lr/step/0, ...) have the values of each n-th step in a folder "steps" inside that folder. Values that
/// are not finite are left out. Each call of fit adds a file to the folder; that of a training that continues makes
/// TensorBoard forget the later epochs and steps of those before.
///     fit(net, train_set, Adam{}, {.epochs = 5}, Validation{validation_set}, TensorBoard{"runs/first"});
/// Refuses  FileUnwritable; whole events remain
/// As in    keras.callbacks.TensorBoard, torch.utils.tensorboard.SummaryWriter
class TensorBoard {
public:
    explicit TensorBoard(std::filesystem::path folder, const LogOptions& options = {})
        : folder_(std::move(folder)), options_(options) {}

    void on_train_begin(const FitPlan&, auto& trainer) {
        const bool goes_on = trainer.steps() != 0;
        epochs_ = begin_file(folder_, goes_on, trainer.epochs());
        if (options_.every_n_steps != 0) {
            steps_ = begin_file(folder_ / "steps", goes_on, trainer.steps());
        }
    }
    void on_step(const StepReport& report, auto& trainer) {
        if (detail_::io::is_logged(options_, trainer)) {
            detail_::io::ProtobufMessage summary;
            add(summary, "loss/step", report.loss);
            add_rates(summary, "lr/step", trainer.last_lr());
            append(*steps_, trainer.steps(), summary);
        }
    }
    void on_epoch(const EpochReport& report, auto& trainer) {
        detail_::io::ProtobufMessage summary;
        add(summary, "loss/train", report.loss);
        add(summary, "loss/validation", report.validation_loss);
        add(summary, "accuracy/validation", report.validation_accuracy);
        add(summary, "metric/validation", report.validation_metric);
        add_rates(summary, "lr", trainer.last_lr());
        append(*epochs_, report.epoch, summary);
    }
    void on_train_end() {
        epochs_.reset();
        steps_.reset();
    }

private:
    static double now() {
        struct timespec time{};
        ::clock_gettime(CLOCK_REALTIME, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
    static detail_::io::ProtobufMessage event(std::uint64_t step) {
        detail_::io::ProtobufMessage message;
        message.add_double(1, now());
        message.add(2, step);
        return message;
    }

    /// A new file in a folder; in that of a training that goes on, behind those of the numbers up to `last`.
    static auto begin_file(const std::filesystem::path& folder, bool goes_on, auto last) {
        using namespace detail_::io;
        auto file = std::make_shared<EventFile<>>(folder, now());
        ProtobufMessage first = event(0);
        first.add(3, "brain.Event:2");
        std::string records = tf_record(first.bytes());
        if (goes_on) {
            ProtobufMessage start;
            start.add(1, std::uint64_t{1});
            ProtobufMessage restart = event(last + 1);
            restart.add(7, start);
            records += tf_record(restart.bytes());
        }
        file->append(records);
        return file;
    }
    static void add(auto& summary, std::string_view tag, double value) {
        if (detail_::math::is_finite(static_cast<float>(value))) {
            detail_::io::ProtobufMessage scalar;
            scalar.add(1, tag);
            scalar.add_float(2, static_cast<float>(value));
            summary.add(1, scalar);
        }
    }
    static void add_rates(auto& summary, std::string_view name, const auto& rates) {
        for (std::size_t n = 0; n < rates.size(); ++n) {
            add(summary, detail_::io::name_of_rate(name, "/", rates, n), rates[n]);
        }
    }
    static void append(auto& file, std::uint64_t number, const auto& summary) {
        detail_::io::ProtobufMessage message = event(number);
        message.add(5, summary);
        file.append(detail_::io::tf_record(message.bytes()));
    }

    std::filesystem::path folder_;
    LogOptions options_;
    std::shared_ptr<detail_::io::EventFile<>> epochs_{};
    std::shared_ptr<detail_::io::EventFile<>> steps_{};
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

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
#include <ctcnn/io/protobuf.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// TensorBoard: writes the values of each epoch to an event file in a folder, which `tensorboard --logdir` shows. The
/// tags are loss/train, loss/validation, accuracy/validation and metric/validation, the steps are epochs. Values that
/// are not finite are left out. Each call of fit adds a file to the folder; that of a training that continues makes
/// TensorBoard forget the later epochs of those before.
///     fit(net, train_set, Adam{}, {.epochs = 5}, Validation{validation_set}, TensorBoard{"runs/first"});
/// Refuses  FileUnwritable; whole events remain
/// As in    keras.callbacks.TensorBoard, torch.utils.tensorboard.SummaryWriter
class TensorBoard {
public:
    explicit TensorBoard(std::filesystem::path folder) : folder_(std::move(folder)) {}

    void on_train_begin(const FitPlan&, auto& trainer) {
        using namespace detail_::io;
        file_ = std::make_shared<EventFile<>>(folder_, now());
        ProtobufMessage first = event(0);
        first.add(3, "brain.Event:2");
        std::string records = tf_record(first.bytes());
        if (trainer.epochs() != 0) {
            ProtobufMessage start;
            start.add(1, std::uint64_t{1});
            ProtobufMessage restart = event(trainer.epochs() + 1);
            restart.add(7, start);
            records += tf_record(restart.bytes());
        }
        file_->append(records);
    }
    void on_epoch(const EpochReport& report, auto&) {
        using namespace detail_::io;
        const std::pair<std::string_view, double> values[] = {{"loss/train", report.loss},
                                                              {"loss/validation", report.validation_loss},
                                                              {"accuracy/validation", report.validation_accuracy},
                                                              {"metric/validation", report.validation_metric}};
        ProtobufMessage summary;
        for (const auto& [tag, value] : values) {
            if (detail_::math::is_finite(static_cast<float>(value))) {
                ProtobufMessage scalar;
                scalar.add(1, tag);
                scalar.add_float(2, static_cast<float>(value));
                summary.add(1, scalar);
            }
        }
        ProtobufMessage of_epoch = event(report.epoch);
        of_epoch.add(5, summary);
        file_->append(tf_record(of_epoch.bytes()));
    }
    void on_train_end() { file_.reset(); }

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

    std::filesystem::path folder_;
    std::shared_ptr<detail_::io::EventFile<>> file_{};
};

}  // namespace CTCNN_API

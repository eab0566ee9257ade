// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API {

/// CSVLogger: writes the history of a training to a file of comma-separated values, a line for each epoch. The file
/// is complete after each epoch. What was not measured, and what is not finite, is empty. A training that continues
/// keeps the lines of the epochs that are complete; one that begins replaces the file.
///     fit(net, train_set, Adam{}, {.epochs = 5}, Validation{validation_set}, CSVLogger{"history.csv"});
/// Refuses  FileUnwritable, at the start of fit where possible · std::invalid_argument for a training that continues
///          with a file that is no such history
/// As in    keras.callbacks.CSVLogger
class CSVLogger {
public:
    explicit CSVLogger(std::filesystem::path path) : path_(std::move(path)) {}

    void on_train_begin(const FitPlan&, auto& trainer) {
        text_ = header;
        if (trainer.epochs() != 0) {
            read(trainer.epochs());
        }
        const detail_::io::AtomicFile<> probe(path_);
    }
    void on_epoch(const EpochReport& report, auto&) {
        std::string line = text_;
        line += detail_::decimal(std::uint64_t{report.epoch});
        for (const double value : {report.loss, report.validation_loss, report.validation_accuracy,
                                   report.validation_metric, report.seconds}) {
            line += ',';
            append(line, value);
        }
        line += ',';
        line += detail_::decimal(std::uint64_t{report.images});
        line += '\n';
        detail_::io::AtomicFile<> file(path_);
        file.write(std::as_bytes(std::span<const char>(line.data(), line.size())));
        file.commit();
        text_ = std::move(line);
    }

private:
    static constexpr std::string_view header =
        "epoch,loss,validation_loss,validation_accuracy,validation_metric,seconds,images\n";

    static void append(std::string& line, double value) {
        if (detail_::math::is_finite(value)) {
            char digits[32];
            line.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
        }
    }

    /// The lines of epochs up to `epochs`.
    void read(auto epochs) {
        std::error_code none;
        if (!std::filesystem::exists(path_, none)) {
            return;
        }
        const detail_::io::InputFile<> file(path_);
        std::string old(static_cast<std::size_t>(file.size()), '\0');
        file.read(0, std::as_writable_bytes(std::span<char>(old.data(), old.size())));
        if (old.empty()) {
            return;
        }
        if (!old.starts_with(header)) {
            throw std::invalid_argument(
                detail_::sentence({detail_::quoted(path_),
                                   " is no history of CSVLogger that can be continued: its first line is another. "
                                   "Choose another path, or remove the file"}));
        }
        for (std::size_t at = header.size(); at < old.size();) {
            const std::size_t end = old.find('\n', at);
            if (end == std::string::npos) {
                return;
            }
            std::size_t epoch = 0;
            const auto [behind, error] = std::from_chars(old.data() + at, old.data() + end, epoch);
            if (error == std::errc{} && epoch <= epochs) {
                text_.append(old, at, end + 1 - at);
            }
            at = end + 1;
        }
    }

    std::filesystem::path path_;
    std::string text_{};  // of the file
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/appended_file.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/io/log_options.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_DETAIL::io {

/// CsvTable: a file of comma-separated values. The first column is a whole number.
/// Refuses  FileUnwritable
template <typename Calls = PosixCalls>
class CsvTable {
public:
    CsvTable() = default;
    /// Goes on with the lines of the file whose number is at most `last`, if the training continues, and probes whether
    /// the file can be written.
    /// Throws   std::invalid_argument for a file with another first line that is to be continued
    CsvTable(std::filesystem::path path, std::string header, bool continues, std::uint64_t last)
        : path_(std::move(path)), text_(std::move(header)) {
        if (continues) {
            read(last);
        }
        const AtomicFile<Calls> probe(path_);
    }

    /// Begins a line.
    void begin(std::uint64_t number) { text_ += decimal(number); }
    /// What is not finite is empty. A number that a float holds has the digits of a float: 0.1, where a double would
    /// have 0.10000000149011612.
    void add(double value) {
        text_ += ',';
        if (math::is_finite(value)) {
            char digits[32];
            const auto narrow = static_cast<float>(value);
            const bool is_float = !(static_cast<double>(narrow) < value || static_cast<double>(narrow) > value);
            text_.append(digits, is_float ? std::to_chars(digits, digits + sizeof(digits), narrow).ptr
                                          : std::to_chars(digits, digits + sizeof(digits), value).ptr);
        }
    }
    void add(std::uint64_t number) { (text_ += ',') += decimal(number); }
    void end() { text_ += '\n'; }

    /// Replaces the file as a whole.
    void write() const {
        AtomicFile<Calls> file(path_);
        file.write(text_);
        file.commit();
    }
    /// The lines that are not taken yet.
    std::string take() { return std::exchange(text_, {}); }
    const std::filesystem::path& path() const { return path_; }

private:
    void read(std::uint64_t last) {
        std::error_code none;
        if (!std::filesystem::exists(path_, none)) {
            return;
        }
        const InputFile<Calls> file(path_);
        std::string old(static_cast<std::size_t>(file.size()), '\0');
        file.read(0, old);
        if (old.empty()) {
            return;
        }
        if (!old.starts_with(text_)) {
            throw std::invalid_argument(
                sentence({quoted(path_),
                          " is no history of CSVLogger that can be continued: its first line is another. "
                          "Choose another path, or remove the file"}));
        }
        for (std::size_t at = text_.size(); at < old.size();) {
            const std::size_t end = old.find('\n', at);
            if (end == std::string::npos) {
                return;
            }
            std::uint64_t number = 0;
            const auto [behind, error] = std::from_chars(old.data() + at, old.data() + end, number);
            if (error == std::errc{} && number <= last) {
                text_.append(old, at, end + 1 - at);
            }
            at = end + 1;
        }
    }

    std::filesystem::path path_{};
    std::string text_{};
};

}  // namespace CTCNN_DETAIL::io

namespace CTCNN_API {

/// CSVLogger: writes the history of a training to a file of comma-separated values, a line for each epoch, with the
/// learning rate of its last step. The file is complete after each epoch. What was not measured, and what is not
/// finite, is empty. With every_n_steps, the loss and the learning rate of each n-th step are lines of a second file,
/// history.steps.csv beside history.csv, to which each line is added at once. A training that continues keeps the lines
/// of the epochs and steps that are complete; one that begins replaces both files with its first step, and removes the
/// second one if it writes none.
///     fit(net, train_set, Adam{}, {.epochs = 5}, Validation{validation_set}, CSVLogger{"history.csv"});
/// Refuses  FileUnwritable, at the start of fit where possible · std::invalid_argument for a training that continues
///          with a file that is no such history
/// As in    keras.callbacks.CSVLogger; lr as in lightning.pytorch.callbacks.LearningRateMonitor
class CSVLogger {
public:
    explicit CSVLogger(std::filesystem::path path, const LogOptions& options = {})
        : path_(std::move(path)), options_(options) {}

    void on_train_begin(const FitPlan&, auto& trainer) {
        std::string rates;
        const auto of_trainer = trainer.last_lr();
        for (std::size_t n = 0; n < of_trainer.size(); ++n) {
            (rates += ',') += detail_::io::name_of_rate("lr", "_", of_trainer, n);
        }
        rates += '\n';
        const bool continues = trainer.steps() != 0;
        epochs_ = {path_, "epoch,loss,validation_loss,validation_accuracy,validation_metric,seconds,images" + rates,
                   continues, trainer.epochs()};
        std::filesystem::path path = path_;
        path.replace_filename(path_.stem()) += ".steps";
        path += path_.extension();
        begun_ = false;
        old_steps_.clear();
        if (options_.every_n_steps != 0) {
            steps_ = {std::move(path), steps_begin + rates, continues, trainer.steps()};
        } else if (!continues) {
            old_steps_ = std::move(path);
        }
    }
    void on_step(const StepReport& report, auto& trainer) {
        begin_files(trainer);
        if (detail_::io::is_logged(options_, trainer)) {
            steps_.begin(trainer.steps());
            steps_.add(std::uint64_t{report.epoch});
            steps_.add(report.loss);
            add_rates(steps_, trainer);
            steps_file_->append(steps_.take());
        }
    }
    void on_epoch(const EpochReport& report, auto& trainer) {
        begin_files(trainer);
        epochs_.begin(report.epoch);
        for (const double value : {report.loss, report.validation_loss, report.validation_accuracy,
                                   report.validation_metric, report.seconds}) {
            epochs_.add(value);
        }
        epochs_.add(std::uint64_t{report.images});
        add_rates(epochs_, trainer);
        epochs_.write();
        if (steps_file_) {
            steps_file_->sync();
        }
    }
    void on_train_end(const FitReport&, auto& trainer) {
        begin_files(trainer);
        steps_file_.reset();
    }

private:
    static constexpr const char* steps_begin = "step,epoch,loss";

    static void add_rates(auto& table, const auto& trainer) {
        for (const double rate : trainer.last_lr()) {
            table.add(rate);
        }
        table.end();
    }
    /// Replaces the files. A training that is refused before its first step leaves those of before. A template, so that
    /// only those programs compile it that use it.
    void begin_files(const auto&) {
        if (begun_) {
            return;
        }
        begun_ = true;
        epochs_.write();
        steps_file_.reset();
        if (options_.every_n_steps != 0) {
            steps_.write();
            steps_file_ = std::make_shared<detail_::io::AppendedFile<>>(steps_.path(), steps_.take().size());
        }
        std::error_code none;
        if (!old_steps_.empty() && std::filesystem::is_regular_file(old_steps_, none)) {
            // Only what a CSVLogger has written.
            std::string line;
            std::ifstream file(old_steps_);
            if (std::getline(file, line) && line.starts_with(steps_begin)) {
                std::filesystem::remove(old_steps_, none);
            }
        }
    }

    std::filesystem::path path_;
    LogOptions options_;
    detail_::io::CsvTable<> epochs_{};
    detail_::io::CsvTable<> steps_{};  // its lines that are not in the file
    std::shared_ptr<detail_::io::AppendedFile<>> steps_file_{};
    std::filesystem::path old_steps_{};  // may be of another training
    bool begun_ = false;
};

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_DETAIL::io {

/// Seconds as 59 s, 1:05 or 2:03:04; "?" where they are not known.
inline std::string clock_text(double seconds) {
    if (!math::is_finite(seconds) || seconds < 0 || seconds > 3.6e6) {
        return "?";
    }
    auto whole = static_cast<unsigned>(seconds);
    whole += static_cast<double>(whole) < seconds ? 1 : 0;
    char text[32];
    if (whole < 60) {
        std::snprintf(text, sizeof(text), "%u s", whole);
    } else if (whole < 3600) {
        std::snprintf(text, sizeof(text), "%u:%02u", whole / 60, whole % 60);
    } else {
        std::snprintf(text, sizeof(text), "%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
    }
    return text;
}

/// The line of a step that fits the columns: a bar where there is room for it, and the end is cut where there is not.
inline std::string progress_line(const StepReport& report, std::size_t epochs, double seconds_left,
                                 std::size_t columns) {
    char text[160];
    std::snprintf(text, sizeof(text), "epoch %zu/%zu  %zu/%zu  ", report.epoch, epochs, report.step,
                  report.steps_per_epoch);
    std::string line = text;
    std::snprintf(text, sizeof(text), "loss %.4g  ETA %s", report.loss, clock_text(seconds_left).c_str());
    const std::string end = text;
    const std::size_t taken = line.size() + end.size();
    constexpr std::size_t least = 10;
    constexpr std::size_t most = 30;
    if (columns >= taken + least + 4) {
        const std::size_t width = std::min(most, columns - taken - 4);
        const std::size_t full = width * report.step / std::max<std::size_t>(1, report.steps_per_epoch);
        line += "[" + std::string(full, '#') + std::string(width - full, '.') + "]  ";
    }
    line += end;
    return line.substr(0, columns);
}

/// The line of an epoch.
inline std::string epoch_line(const EpochReport& report, std::size_t epochs, double seconds_left) {
    char text[200];
    std::snprintf(text, sizeof(text), "epoch %zu/%zu  loss %.4g", report.epoch, epochs, report.loss);
    std::string line = text;
    if (math::is_finite(report.validation_loss)) {
        std::snprintf(text, sizeof(text), "  val %.4g", report.validation_loss);
        line += text;
    }
    if (math::is_finite(report.validation_accuracy)) {
        std::snprintf(text, sizeof(text), " %.2f %%", 100 * report.validation_accuracy);
        line += text;
    }
    if (report.epoch < epochs) {
        line += "  ETA " + clock_text(seconds_left);
    }
    return line;
}

}  // namespace CTCNN_DETAIL::io

namespace CTCNN_API {

/// ProgressBar: shows a training in a terminal: a line that is written again ten times a second, and a line for each
/// epoch, with the time that is left (ETA). Where the stream is no terminal, the lines of the epochs alone.
///     fit(net, train_set, Adam{}, {.epochs = 5}, ProgressBar{});
/// As in    lightning.pytorch.callbacks.TQDMProgressBar
class ProgressBar {
public:
    explicit ProgressBar(std::FILE* stream = stderr) : stream_(stream) {}

    void on_train_begin(const FitPlan& plan, auto& trainer) {
        plan_ = plan;
        terminal_ = ::isatty(::fileno(stream_)) == 1;
        steps_before_ = trainer.steps();
        begin_ = now();
        shown_ = 0;
    }
    void on_step(const StepReport& report, auto& trainer) {
        const double at = now();
        if (terminal_ && at - shown_ >= 0.1) {
            shown_ = at;
            struct winsize size{};
            const bool known = ::ioctl(::fileno(stream_), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
            // The last column is left empty: some terminals begin a new line behind it.
            const std::size_t columns = known ? size.ws_col - std::size_t{1} : 79;
            write(detail_::io::progress_line(report, plan_.epochs, seconds_left(trainer.steps()), columns), "");
            line_is_open_ = true;
        }
    }
    void on_epoch(const EpochReport& report, auto& trainer) {
        write(detail_::io::epoch_line(report, plan_.epochs, seconds_left(trainer.steps())), "\n");
        line_is_open_ = false;
    }
    void on_train_end() {
        if (line_is_open_) {
            std::fputs("\n", stream_);
            std::fflush(stream_);
            line_is_open_ = false;
        }
    }

private:
    static double now() {
        struct timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
    double seconds_left(std::size_t steps) const {
        const double done = static_cast<double>(steps - steps_before_);
        return (now() - begin_) / done * static_cast<double>(plan_.steps - steps);
    }
    void write(const std::string& line, const char* end) {
        std::fprintf(stream_, "%s%s%s%s", terminal_ ? "\r" : "", line.c_str(), terminal_ ? "\x1b[K" : "", end);
        std::fflush(stream_);
    }

    std::FILE* stream_;
    FitPlan plan_{};
    bool terminal_ = false;
    bool line_is_open_ = false;
    std::size_t steps_before_ = 0;
    double begin_ = 0;
    double shown_ = 0;
};

}  // namespace CTCNN_API

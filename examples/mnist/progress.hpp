// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

#include "screen.hpp"
#include "training.hpp"

namespace mnist {

/// Progress: tells on the screen how a training goes: a line for each epoch, and on a terminal a moving one below them.
class Progress {
public:
    Progress(Screen& screen, const Settings& settings, std::size_t image_count)
        : screen_(screen), settings_(settings), image_count_(image_count) {}

    void step(const StepNews& news);
    void epoch(const EpochNews& news);
    /// The training was stopped before its end.
    void stopped();

private:
    using Clock = std::chrono::steady_clock;

    Screen& screen_;
    Settings settings_;
    std::size_t image_count_;
    StepNews last_{};
    std::size_t steps_before_ = 0;  // of a training that is resumed
    Clock::time_point begin_ = Clock::now();
    Clock::time_point shown_{};
};

}  // namespace mnist

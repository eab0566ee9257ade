// SPDX-License-Identifier: MIT
#include "progress.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace mnist {

namespace {

/// "0:07", "12:34", "1:02:03"
std::string duration(double seconds) {
    const auto whole = static_cast<unsigned long>(std::lround(seconds));
    if (whole < 3600) {
        return format("%lu:%02lu", whole / 60, whole % 60);
    }
    return format("%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bar(std::size_t width, double part, bool unicode) {
    const auto full = std::min(width, static_cast<std::size_t>(part * static_cast<double>(width)));
    std::string text;
    for (std::size_t i = 0; i < width; ++i) {
        text.append(i < full ? (unicode ? "\u2588" : "#") : (unicode ? "\u2591" : "."));
    }
    return text;
}

/// "epoch  3/10"; "epoch 2/1.5" where the second one ends early
std::string epoch_of(std::size_t epoch, double epochs) {
    const std::string last = format("%.10g", epochs);
    return format("epoch %*zu/%s", static_cast<int>(std::min(last.find('.'), last.size())), epoch, last.c_str());
}

}  // namespace

void Progress::step(const StepNews& news) {
    const std::size_t steps_done = (news.epoch - 1) * news.steps_per_epoch + news.step;
    if (last_.step == 0) {
        steps_before_ = steps_done - 1;
    }
    last_ = news;
    const auto now = Clock::now();
    if (!screen_.live() || now - shown_ < std::chrono::milliseconds(100)) {
        return;
    }
    shown_ = now;
    const auto part_of = [&](std::size_t steps) {
        return std::min(1.0,
                        static_cast<double>(steps) / (settings_.epochs * static_cast<double>(news.steps_per_epoch)));
    };
    const double done = part_of(steps_done);
    const double done_now = part_of(steps_done - steps_before_);
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double images = done_now * settings_.epochs * static_cast<double>(image_count_);

    const std::string front = epoch_of(news.epoch, settings_.epochs);
    const std::string part = format("  %3.0f %%", 100 * done);
    const std::string loss = format("  loss %.4f", news.loss);
    const std::string rate = "  " + grouped(static_cast<std::size_t>(images / seconds)) + " images/s";
    const std::string left = "  " + duration(seconds / done_now * (1 - done)) + " left";
    // The last column stays free, since some terminals go to the next line after it.
    const std::size_t room = screen_.width() - 1;
    const std::string all = part + loss + rate + left;
    const std::size_t used = front.size() + 2 + all.size();
    const std::size_t bar_width = std::clamp<std::size_t>(room - std::min(room, used), 4, 20);
    screen_.show(Screen::fitting(room, {front + "  " + bar(bar_width, done, screen_.unicode()) + all, front + all,
                                        front + part + loss + left, front + part + left, front + part, part}));
}

void Progress::epoch(const EpochNews& news) {
    const std::string name = epoch_of(news.epoch, settings_.epochs);
    const std::string loss = format("   loss %.4f", news.loss);
    const std::string accuracy = screen_.styled(Style::bold, format("%6.2f %%", 100 * news.test_accuracy));
    const std::string tested = "   test accuracy " + accuracy;
    const std::string seconds = format("   %6.2f s", news.seconds);
    const auto per_second = static_cast<double>(news.images) / std::max(news.seconds, 1e-9);
    const std::string rate = "   " + grouped(static_cast<std::size_t>(per_second)) + " images/s";
    screen_.print(
        Screen::fitting(screen_.width(),
                        {name + loss + tested + seconds + rate, name + loss + tested + seconds, name + loss + tested,
                         name + tested, name + "  " + accuracy, name.substr(name.find(' ') + 1) + "  " + accuracy}) +
        "\n");
}

void Progress::stopped() {
    screen_.print(screen_.wrapped(
        epoch_of(last_.epoch, settings_.epochs) +
        format("   stopped after step %zu of %zu; these are the results so far\n", last_.step, last_.steps_per_epoch)));
}

}  // namespace mnist

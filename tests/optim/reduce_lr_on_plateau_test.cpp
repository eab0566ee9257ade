// SPDX-License-Identifier: MIT
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../golden/golden.hpp"
#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

namespace {

constexpr double base = static_cast<double>(0.1f);
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

const golden::File& file() {
    static const golden::File result("schedules");
    return result;
}

std::vector<double> rates_of(const ReduceLROnPlateau& plateau, const std::vector<double>& losses) {
    std::vector<double> rates;
    detail_::ScheduleState state{};
    for (std::size_t epoch = 1; epoch <= losses.size(); ++epoch) {
        const ScheduleStep now{.step = epoch, .steps = losses.size(), .epoch = epoch, .lr = base, .state = &state};
        rates.push_back(base * plateau(now));
        plateau.end_epoch(state, losses[epoch - 1]);
    }
    return rates;
}

void check(const std::string& name, ReduceLROnPlateau plateau) {
    const std::vector<double>& metrics = file()["metrics"];
    golden::check_close(name, rates_of(plateau, metrics), file()[name], {1e-14, 0});
    // The metric is preferred to the loss.
    std::size_t epoch = 0;
    plateau.metric = [&] { return metrics[epoch++]; };
    plateau.validate();
    golden::check_close(name, rates_of(plateau, std::vector<double>(50, 1.0)), file()[name], {1e-14, 0});
    CHECK(epoch == 50);
}

}  // namespace

TEST_CASE("ReduceLROnPlateau is PyTorch's in each of 50 epochs") {
    check("plateau_default", {});
    check("plateau_patient", {.factor = 0.5, .patience = 2, .cooldown = 3, .min_lr = 0.004});
    check("plateau_max_abs", {.mode = PlateauMode::max,
                              .factor = 0.3,
                              .patience = 1,
                              .threshold = 0.02,
                              .threshold_mode = ThresholdMode::abs});
    check("plateau_max_rel", {.mode = PlateauMode::max, .factor = 0.3, .patience = 0, .threshold = 0.05});
    check("plateau_min_abs",
          {.factor = 0.9, .patience = 0, .threshold = 0.05, .threshold_mode = ThresholdMode::abs, .eps = 0.002});
}

TEST_CASE("The defaults of ReduceLROnPlateau are PyTorch's") {
    const ReduceLROnPlateau plateau;
    CHECK(plateau.mode == PlateauMode::min);
    CHECK(plateau.factor == 0.1);
    CHECK(plateau.patience == 10);
    CHECK(plateau.threshold == 1e-4);
    CHECK(plateau.threshold_mode == ThresholdMode::rel);
    CHECK(plateau.cooldown == 0);
    CHECK(plateau.min_lr == 0);
    CHECK(plateau.eps == 1e-8);
    CHECK_FALSE(plateau.metric);
}

TEST_CASE("What is better by the threshold alone is not better, and a rate falls by more than eps") {
    const auto best_of = [](PlateauMode mode, double second) {
        ReduceLROnPlateau plateau{.mode = mode, .threshold = 0.5, .threshold_mode = ThresholdMode::abs};
        plateau.metric = [metric = 2.0, second]() mutable { return std::exchange(metric, second); };
        detail_::ScheduleState state{};
        plateau.end_epoch(state, 0);
        plateau.end_epoch(state, 0);
        return state.numbers[0];
    };
    CHECK(best_of(PlateauMode::min, 1.5) == 2);
    CHECK(best_of(PlateauMode::min, 1.4375) == 1.4375);
    CHECK(best_of(PlateauMode::max, 2.5) == 2);
    CHECK(best_of(PlateauMode::max, 2.5625) == 2.5625);

    const auto factor_of = [](double lr, double eps) {
        const ReduceLROnPlateau plateau{.factor = 0.5, .patience = 0, .eps = eps};
        detail_::ScheduleState state{};
        plateau.end_epoch(state, 1);
        plateau.end_epoch(state, 1);
        return plateau(ScheduleStep{.step = 3, .steps = 4, .epoch = 3, .lr = lr, .state = &state});
    };
    CHECK(factor_of(1, 0.5) == 1);
    CHECK(factor_of(1, 0.4375) == 0.5);
    CHECK(factor_of(0, 0) == 1);
}

TEST_CASE("a metric that is NaN is no improvement") {
    const ReduceLROnPlateau plateau{.factor = 0.5, .patience = 1};
    const std::vector<double> rates = rates_of(plateau, {no_number, no_number, 1, no_number, no_number, 2});
    CHECK(rates == std::vector<double>{base, base, base / 2, base / 2, base / 2, base / 4});
}

TEST_CASE("Numbers that do not say their mode are accepted in both, those that say it in it alone") {
    const ReduceLROnPlateau down{};
    const ReduceLROnPlateau up{.mode = PlateauMode::max, .metric = [] { return 1.0; }};
    const auto is_accepted = [](const ReduceLROnPlateau& plateau, const detail_::ScheduleState& state) {
        try {
            plateau(ScheduleStep{.step = 3, .steps = 4, .epoch = 3, .epochs = 4, .state = &state});
            return true;
        } catch (const std::invalid_argument&) {
            return false;
        }
    };
    for (const bool begun_up : {false, true}) {
        detail_::ScheduleState state;
        (begun_up ? up : down).end_epoch(state, 1);
        CHECK(is_accepted(up, state) == begun_up);
        CHECK(is_accepted(down, state) != begun_up);
        state.numbers[5] = 0;  // of an older checkpoint
        CHECK(is_accepted(up, state));
        CHECK(is_accepted(down, state));
    }
}

TEST_CASE("ReduceLROnPlateau needs epochs, and settings that make sense") {
    const detail_::ScheduleState state;
    for (const ScheduleStep& wrong :
         {ScheduleStep{.step = 1, .steps = 2}, ScheduleStep{.step = 1, .steps = 2, .state = &state},
          ScheduleStep{.step = 1, .steps = 2, .epoch = 1}}) {
        CHECK_THROWS_AS(ReduceLROnPlateau{}(wrong), std::invalid_argument);
    }
    for (const ReduceLROnPlateau& wrong :
         {ReduceLROnPlateau{.factor = 1}, ReduceLROnPlateau{.factor = -0.1}, ReduceLROnPlateau{.factor = no_number},
          ReduceLROnPlateau{.threshold = -1}, ReduceLROnPlateau{.threshold = no_number},
          ReduceLROnPlateau{.min_lr = -1}, ReduceLROnPlateau{.min_lr = no_number}, ReduceLROnPlateau{.eps = -1},
          ReduceLROnPlateau{.eps = no_number}}) {
        CHECK(is_refused(wrong));
    }
    CHECK_FALSE(is_refused(ReduceLROnPlateau{}));
}

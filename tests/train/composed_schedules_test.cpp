// SPDX-License-Identifier: MIT
#include <ctcnn/train/composed_schedules.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/reduce_lr_on_plateau.hpp>
#include <ctcnn/optim/schedules.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

constexpr double base = static_cast<double>(0.1f);

void check(const std::string& name, const SequentialLR<>& schedule) {
    static const golden::File file("schedules");
    schedule.validate();
    std::vector<double> rates;
    for (std::size_t step = 1; step <= 50; ++step) {
        rates.push_back(base * schedule(ScheduleStep{.step = step, .steps = 51, .lr = base}));
    }
    golden::check_close(name, rates, file[name], {1e-12, 1e-15});
}

/// An optimizer that writes down its learning rates, one for each step of a training on one thread.
struct Recorder {
    double lr = 1;
    std::vector<double>* rates = nullptr;
    static constexpr std::size_t state_count = 0;
    template <typename T>
    void step(std::span<T>, std::span<const T>, std::array<std::span<T>, 0>, std::uint64_t number) const {
        rates->resize(static_cast<std::size_t>(number));
        rates->back() = lr;
    }
};

/// The rates of four epochs of three steps.
std::vector<double> rates_of(decltype(FitOptions::schedule) schedule, double lr = 1) {
    std::vector<double> rates;
    Net net = small::net();
    fit(net, small::data(25), Recorder{lr, &rates},
        {.epochs = 4, .batch_size = 10, .threads = 1, .schedule = std::move(schedule)});
    return rates;
}

}  // namespace

TEST_CASE("schedules one after the other are PyTorch's in each of 50 steps") {
    check("warm_up",
          {{LinearLR{.start_factor = 0.1, .total_iters = 10}, CosineAnnealingLR{.T_max = 40, .eta_min = 0.001}}, {10}});
    check("three",
          {{LinearLR{.total_iters = 4}, ExponentialLR{.gamma = 0.95}, StepLR{.step_size = 6, .gamma = 0.25}}, {4, 25}});
}

TEST_CASE("a schedule in a sequence sees its own steps, and no others") {
    std::vector<std::pair<std::size_t, std::size_t>> seen;
    const auto look = [&seen](std::size_t step, std::size_t steps) {
        seen.emplace_back(step, steps);
        return 1.0;
    };
    const SequentialLR schedule{{look, [](double progress) { return progress; }, look}, {2, 5}};
    std::vector<double> factors;
    for (std::size_t step = 1; step <= 7; ++step) {
        factors.push_back(schedule(ScheduleStep{.step = step, .steps = 7}));
    }
    CHECK(seen == std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {2, 2}, {1, 2}, {2, 2}});
    CHECK(factors == std::vector<double>{1, 1, 0, 0.5, 1, 1, 1});
    // Also the momentum.
    const SequentialLR cycles{{OneCycle{}, OneCycle{.base_momentum = 0.5, .max_momentum = 0.5}}, {5}};
    CHECK(cycles.momentum(ScheduleStep{.step = 1, .steps = 9}) == 0.95);
    CHECK(cycles.momentum(ScheduleStep{.step = 6, .steps = 9}) == 0.5);
    // One that sets none leaves the last one.
    const SequentialLR left{{OneCycle{}, LinearLR{}, StepLR{.step_size = 1}}, {3, 5}};
    CHECK(left.momentum(ScheduleStep{.step = 2, .steps = 9}) == OneCycle{}.momentum(2, 3));
    for (const std::size_t step : {4u, 5u, 6u, 9u}) {
        CHECK(left.momentum(ScheduleStep{.step = step, .steps = 9}) == 0.95);
    }
    CHECK_FALSE(SequentialLR{{LinearLR{}, OneCycle{}}, {3}}.momentum(ScheduleStep{.step = 2, .steps = 9}));
    // A training that ends before the milestone.
    CHECK(SequentialLR{{look, look}, {10}}(ScheduleStep{.step = 3, .steps = 4}) == 1);
    CHECK(seen.back() == std::pair<std::size_t, std::size_t>{3, 4});
}

TEST_CASE("a schedule of epochs counts epochs") {
    CHECK(rates_of(StepLR{.step_size = 3, .gamma = 0.5}) ==
          std::vector<double>{1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125});
    CHECK(rates_of(PerEpoch{StepLR{.step_size = 2, .gamma = 0.5}}) ==
          std::vector<double>{1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5});
    std::vector<std::pair<std::size_t, std::size_t>> seen;
    rates_of(PerEpoch{[&seen](std::size_t epoch, std::size_t epochs) {
        seen.emplace_back(epoch, epochs);
        return 1.0;
    }});
    REQUIRE(seen.size() == 12);
    CHECK(seen[2] == std::pair<std::size_t, std::size_t>{1, 4});
    CHECK(seen[11] == std::pair<std::size_t, std::size_t>{4, 4});
    const PerEpoch cycle{OneCycle{}};
    CHECK(cycle.momentum(ScheduleStep{.step = 7, .steps = 90, .epoch = 1, .epochs = 9}) == 0.95);
    CHECK(rates_of(PerEpoch{
              SequentialLR{{LinearLR{.start_factor = 0.5, .total_iters = 2}, ExponentialLR{.gamma = 0.5}}, {2}}}) ==
          std::vector<double>{0.5, 0.5, 0.5, 0.75, 0.75, 0.75, 1, 1, 1, 0.5, 0.5, 0.5});
}

TEST_CASE("a plateau reduces the rate of the epochs behind it") {
    std::vector<double> metrics{4, 2, 3, 3, 3, 3};
    std::size_t epoch = 0;
    CHECK(rates_of(ReduceLROnPlateau{.factor = 0.5, .patience = 0, .metric = [&] { return metrics[epoch++]; }}) ==
          std::vector<double>{1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5});
    CHECK(epoch == 4);
    // Without a metric it is the loss of the epoch, which does not change where nothing is learned.
    CHECK(rates_of(ReduceLROnPlateau{.factor = 0.5, .patience = 1, .threshold = 1e-3}) ==
          std::vector<double>{1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5});
}

TEST_CASE("composed schedules refuse what makes no sense") {
    CHECK_THROWS_AS((SequentialLR{{StepLR{.step_size = 1}}, {3}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SequentialLR{{StepLR{.step_size = 1}, ExponentialLR{}}, {}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SequentialLR{{}, {}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SequentialLR{{StepLR{}, ExponentialLR{}}, {3}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SequentialLR{{LinearLR{}, LinearLR{}, LinearLR{}}, {3, 3}}.validate()), std::invalid_argument);
    CHECK_THROWS_AS((SequentialLR{{LinearLR{}, nullptr}, {3}}.validate()), std::invalid_argument);
    CHECK_THROWS_WITH((SequentialLR{{LinearLR{}, ReduceLROnPlateau{}}, {3}}.validate()),
                      ContainsSubstring("not ReduceLROnPlateau"));
    CHECK_THROWS_WITH((SequentialLR{{LinearLR{}, PerEpoch{LinearLR{}}}, {3}}.validate()),
                      ContainsSubstring("PerEpoch goes around it"));
    CHECK_NOTHROW(PerEpoch{SequentialLR{{LinearLR{}, LinearLR{}}, {3}}}.validate());
    CHECK_THROWS_AS(PerEpoch{ReduceLROnPlateau{}}.validate(), std::invalid_argument);
    CHECK_THROWS_AS(PerEpoch{StepLR{}}.validate(), std::invalid_argument);
    CHECK_THROWS_AS(PerEpoch{}.validate(), std::invalid_argument);
    CHECK_THROWS_AS(PerEpoch{LinearLR{}}(ScheduleStep{.step = 1, .steps = 2}), std::invalid_argument);
    // By fit, before anything is computed.
    CHECK_THROWS_AS(rates_of(StepLR{}), std::invalid_argument);
    CHECK_THROWS_AS(rates_of(PerEpoch{StepLR{}}), std::invalid_argument);
}

TEST_CASE("behind the last step, a scheduler of SequentialLR has one step") {
    const SequentialLR<> schedule{{StepLR{.step_size = 9}, CosineAnnealingLR{}}, {5}};
    CHECK(schedule(ScheduleStep{.step = 6, .steps = 5}) == 1);
    CHECK(schedule(ScheduleStep{.step = 7, .steps = 5}) == 0);
}

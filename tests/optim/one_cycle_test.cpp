// SPDX-License-Identifier: MIT
#include <ctcnn/optim/one_cycle.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The numbers are at most 1, and computed by a handful of operations from some that are.
constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();

struct Golden {
    std::string name;
    std::string momenta;
    OneCycle cycle;
};
const Golden goldens[] = {
    {"cos", "cos", {}},
    {"linear", "linear", {.anneal_strategy = Anneal::linear, .div_factor = 4, .final_div_factor = 8}},
    {"infinite", "linear", {.anneal_strategy = Anneal::linear, .div_factor = infinity}},
};

}  // namespace

// The defaults are PyTorch's.
static_assert(OneCycle{}.pct_start == 0.3 && OneCycle{}.anneal_strategy == Anneal::cos && OneCycle{}.cycle_momentum &&
              OneCycle{}.base_momentum == 0.85 && OneCycle{}.max_momentum == 0.95 && OneCycle{}.div_factor == 25 &&
              OneCycle{}.final_div_factor == 1e4 && !OneCycle{}.three_phase);

static_assert(OneCycle{}(0) == 0.04 && OneCycle{}(0.3) == 1 && OneCycle{}(1) == 0.04 / 1e4);
static_assert(OneCycle{.pct_start = 0.5, .anneal_strategy = Anneal::linear, .div_factor = 4}(0.25) == 0.625);
static_assert(OneCycle{.pct_start = 0.5, .anneal_strategy = Anneal::linear, .div_factor = 4}(3, 8) == 0.75);
static_assert(OneCycle{}.momentum(1, 10) == 0.95 && !OneCycle{.cycle_momentum = false}.momentum(1, 10));

TEST_CASE("one cycle is PyTorch's in each step, however few there are") {
    const golden::File file("one_cycle");
    for (const Golden& golden : goldens) {
        for (const bool three_phase : {false, true}) {
            const std::string end = three_phase ? "_3" : "_2";
            const std::vector<double>& rates = file["rates_" + golden.name + end];
            const std::vector<double>& momenta = file["momenta_" + golden.momenta + end];
            double largest = 0;
            std::size_t refused = 0;
            std::size_t n = 0;
            for (const double start : file["starts"]) {
                for (const double all : file["steps"]) {
                    const auto steps = static_cast<std::size_t>(all);
                    OneCycle cycle = golden.cycle;
                    cycle.pct_start = start;
                    cycle.three_phase = three_phase;
                    for (std::size_t step = 1; step <= steps; ++step, ++n) {
                        CAPTURE(golden.name, three_phase, start, steps, step);
                        REQUIRE(n < rates.size());
                        const double momentum = cycle.momentum(step, steps).value();
                        if (std::isnan(rates[n])) {
                            // PyTorch divides by the length of the rise, which is 0: the first step is at the peak.
                            REQUIRE(start * all == 1);
                            ++refused;
                            CHECK((step != 1 || (cycle(1, steps) == 1 && momentum == 0.85)));
                            continue;
                        }
                        const double difference =
                            std::max(std::abs(cycle(step, steps) - rates[n]), std::abs(momentum - momenta[n]));
                        CHECK(difference <= rounding);
                        largest = std::max(largest, difference);
                    }
                }
            }
            CHECK(n == rates.size());
            CHECK(n == momenta.size());
            CHECK(refused == 1 + 2 + 10);
            std::printf("one cycle, %s, %s phases: %zu steps, largest difference from PyTorch %.2g\n",
                        golden.name.c_str(), three_phase ? "three" : "two", n - refused, largest);
        }
    }
}

TEST_CASE("a rise of no length is at its end in the first step, and the fall goes on from there") {
    constexpr OneCycle cycle{
        .pct_start = 0.5, .anneal_strategy = Anneal::linear, .div_factor = 4, .final_div_factor = 8};
    CHECK(cycle(1, 2) == 1);
    CHECK(cycle(2, 2) == 1.0 / 32);
    constexpr OneCycle tenth{
        .pct_start = 0.1, .anneal_strategy = Anneal::linear, .div_factor = 4, .final_div_factor = 8};
    CHECK(tenth(1, 10) == 1);
    CHECK(tenth(10, 10) == 1.0 / 32);
    CHECK(OneCycle{.pct_start = 1}(1, 1) == 1);
}

TEST_CASE("the progress of a cycle is that of very many steps") {
    for (const OneCycle& cycle : {OneCycle{}, OneCycle{.pct_start = 0.1, .anneal_strategy = Anneal::linear},
                                  OneCycle{.pct_start = 0.4, .div_factor = 2, .three_phase = true},
                                  OneCycle{.pct_start = 0}, OneCycle{.pct_start = 1}}) {
        constexpr std::size_t steps = 1'000'001;
        for (std::size_t step = 1; step <= steps; step += 100'000) {
            CAPTURE(cycle.pct_start, step);
            // One step is at most 1.6e-5 of the steepest slope, and the peak is up to a step away.
            CHECK(std::abs(cycle(step, steps) - cycle(static_cast<double>(step - 1) / (steps - 1))) < 2e-5);
        }
    }
    CHECK(OneCycle{.pct_start = 0}(0) == 1);
    CHECK(OneCycle{.pct_start = 1}(1) == 1);
}

TEST_CASE("an infinite div_factor begins and ends at 0") {
    constexpr OneCycle cycle{.pct_start = 0.2, .anneal_strategy = Anneal::linear, .div_factor = infinity};
    CHECK_NOTHROW(cycle.validate());
    CHECK(cycle(0) == 0);
    CHECK(cycle(0.1) == 0.5);
    CHECK(cycle(0.2) == 1);
    CHECK(cycle(0.6) == Approx(0.5).epsilon(1e-12));
    CHECK(cycle(1) == 0);
    CHECK(OneCycle{.final_div_factor = infinity}(1) == 0);
}

TEST_CASE("behind its last step, a cycle stays where it has ended") {
    for (const Anneal anneal : {Anneal::cos, Anneal::linear}) {
        for (const bool three_phase : {false, true}) {
            const OneCycle cycle{.anneal_strategy = anneal, .three_phase = three_phase};
            CHECK(cycle(13, 10) == cycle(10, 10));
            CHECK(cycle.momentum(13, 10) == cycle.momentum(10, 10));
        }
    }
}

TEST_CASE("a cycle refuses settings that make no sense") {
    for (const OneCycle& wrong :
         {OneCycle{.pct_start = 30}, OneCycle{.pct_start = -0.5}, OneCycle{.pct_start = not_a_number},
          OneCycle{.pct_start = infinity}, OneCycle{.base_momentum = 1}, OneCycle{.base_momentum = -0.1},
          OneCycle{.base_momentum = not_a_number}, OneCycle{.max_momentum = 95}, OneCycle{.max_momentum = -0.1},
          OneCycle{.max_momentum = not_a_number}, OneCycle{.div_factor = 0}, OneCycle{.div_factor = -25},
          OneCycle{.div_factor = 1e-310}, OneCycle{.div_factor = not_a_number}, OneCycle{.final_div_factor = 0},
          OneCycle{.final_div_factor = -1}, OneCycle{.final_div_factor = 1e-310},
          OneCycle{.final_div_factor = not_a_number}}) {
        CHECK_THROWS_AS(wrong.validate(), std::invalid_argument);
    }
    for (const OneCycle& right :
         {OneCycle{}, OneCycle{.pct_start = 0}, OneCycle{.pct_start = 1},
          OneCycle{.base_momentum = 0, .max_momentum = 0}, OneCycle{.base_momentum = 0.95, .max_momentum = 0.85},
          OneCycle{.div_factor = 0.5}, OneCycle{.final_div_factor = infinity}, OneCycle{.three_phase = true}}) {
        CHECK_NOTHROW(right.validate());
    }
    CHECK_THROWS_WITH(OneCycle{.pct_start = 30}.validate(), Catch::Matchers::ContainsSubstring("0.3 for 30 %"));
}

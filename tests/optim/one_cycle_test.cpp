// SPDX-License-Identifier: MIT
#include <ctcnn/optim/one_cycle.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr std::size_t steps = 20;
using Rates = std::array<double, steps>;

// What torch.optim.lr_scheduler.OneCycleLR of PyTorch 2.13 gives for max_lr 1 and 20 steps.
constexpr Rates by_default{0.04,
                           0.131671842700025,
                           0.371671842700025,
                           0.668328157299975,
                           0.908328157299975,
                           1,
                           0.987464006235087,
                           0.950484632013474,
                           0.89091617757105,
                           0.811745653949763,
                           0.716943001791301,
                           0.611262021936289,
                           0.500002,
                           0.388741978063711,
                           0.283060998208699,
                           0.188258346050237,
                           0.10908782242895,
                           0.0495193679865263,
                           0.0125399937649126,
                           4e-06};
constexpr Rates linear{0.25,
                       0.4375,
                       0.625,
                       0.8125,
                       1,
                       0.935416666666667,
                       0.870833333333333,
                       0.80625,
                       0.741666666666667,
                       0.677083333333333,
                       0.6125,
                       0.547916666666667,
                       0.483333333333333,
                       0.41875,
                       0.354166666666667,
                       0.289583333333333,
                       0.225,
                       0.160416666666667,
                       0.0958333333333333,
                       0.03125};

/// The progress that belongs to a step of PyTorch, whose peak is step pct_start * steps - 1.
double progress_of(std::size_t step, double pct_start) {
    const double peak = pct_start * steps - 1;
    const double now = static_cast<double>(step);
    return now < peak ? pct_start * now / peak : pct_start + (1 - pct_start) * (now - peak) / (steps - 1 - peak);
}

void check(const OneCycle& cycle, const Rates& rates) {
    for (std::size_t step = 0; step < steps; ++step) {
        CAPTURE(step);
        // The figures have 15 digits.
        CHECK(std::abs(cycle(progress_of(step, cycle.pct_start)) - rates[step]) < 2e-15);
    }
}

}  // namespace

static_assert(OneCycle{}(0.3) == 1);
static_assert(OneCycle{.anneal_strategy = Anneal::linear, .div_factor = 4}(0) == 0.25);
static_assert(OneCycle{.pct_start = 0.5, .anneal_strategy = Anneal::linear, .div_factor = 4}(0.25) == 0.625);

TEST_CASE("one cycle is PyTorch's") {
    check({}, by_default);
    check({.pct_start = 0.25, .anneal_strategy = Anneal::linear, .div_factor = 4, .final_div_factor = 8}, linear);
}

TEST_CASE("an infinite div_factor begins and ends at 0") {
    constexpr OneCycle cycle{
        .pct_start = 0.2, .anneal_strategy = Anneal::linear, .div_factor = std::numeric_limits<double>::infinity()};
    CHECK(cycle(0) == 0);
    CHECK(cycle(0.1) == 0.5);
    CHECK(cycle(0.2) == 1);
    CHECK(cycle(0.6) == Approx(0.5).epsilon(1e-12));
    CHECK(cycle(1) == 0);
}

TEST_CASE("a cycle may be a fall or a rise alone") {
    CHECK(OneCycle{.pct_start = 0}(0) == 1);
    CHECK(OneCycle{.pct_start = 0}(1) == Approx(4e-6).epsilon(1e-9));
    CHECK(OneCycle{.pct_start = 1}(0) == Approx(0.04).epsilon(1e-12));
    CHECK(OneCycle{.pct_start = 1}(1) == 1);
}

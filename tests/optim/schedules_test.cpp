// SPDX-License-Identifier: MIT
#include <ctcnn/optim/schedules.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "../golden/golden.hpp"
#include "against_pytorch.hpp"
#include "catch.hpp"

using namespace ctcnn;
using against_pytorch::is_refused;

namespace {

constexpr double base = static_cast<double>(0.1f);
// PyTorch multiplies from step to step, and loses a unit in the last place in some; half a cosine loses more near its
// end, where PyTorch divides one small number by another.
constexpr golden::Tolerance rounding{1e-12, 1e-15};

template <typename Schedule>
void check(const std::string& name, const Schedule& schedule) {
    static const golden::File file("schedules");
    schedule.validate();
    std::vector<double> rates;
    for (std::size_t step = 1; step <= 50; ++step) {
        rates.push_back(base * schedule(ScheduleStep{.step = step, .steps = 49, .lr = base}));
    }
    golden::check_close(name, rates, file[name], rounding);
}

constexpr ScheduleStep at(std::size_t step) { return {.step = step, .steps = 100}; }
static_assert(StepLR{.step_size = 3, .gamma = 0.5}(at(3)) == 1 && StepLR{.step_size = 3, .gamma = 0.5}(at(4)) == 0.5);
static_assert(ExponentialLR{.gamma = 0.5}(at(1)) == 1 && ExponentialLR{.gamma = 0.5}(at(3)) == 0.25);
static_assert(LinearLR{.start_factor = 0.5, .total_iters = 2}(at(1)) == 0.5 &&
              LinearLR{.start_factor = 0.5, .total_iters = 2}(at(2)) == 0.75 && LinearLR{}(at(6)) == 1 &&
              LinearLR{.total_iters = 0}(at(1)) == 1);
static_assert(CosineAnnealingLR{}(at(1)) == 1 && CosineAnnealingLR{}(at(101)) == 0 &&
              CosineAnnealingLR{.T_max = 2}(at(3)) == 0 && CosineAnnealingLR{.T_max = 2}(at(5)) == 1);

// The defaults are PyTorch's.
static_assert(StepLR{}.gamma == 0.1 && MultiStepLR{}.gamma == 0.1 && LinearLR{}.start_factor == 1.0 / 3 &&
              LinearLR{}.end_factor == 1 && LinearLR{}.total_iters == 5 && CosineAnnealingLR{}.eta_min == 0);
static_assert(ExponentialLR{}.gamma == 1);  // there is no default in PyTorch

static_assert(at(1).epoch == 0 && at(1).epochs == 0 && at(1).lr == 1 && at(1).state == nullptr);

// Half a cosine up again is the one down, bit by bit.
static_assert([] {
    constexpr CosineAnnealingLR schedule{.T_max = 7};
    for (std::size_t n = 1; n < 7; ++n) {
        if (schedule(at(8 + n)) != schedule(at(8 - n)) || schedule(at(22 + n)) != schedule(at(8 - n))) {
            return false;
        }
    }
    return true;
}());

}  // namespace

TEST_CASE("the order of milestones does not matter", "[optim]") {
    const MultiStepLR schedule{.milestones = {4, 2}, .gamma = 0.5};
    CHECK(schedule(at(2)) == 1);
    CHECK(schedule(at(3)) == 0.5);
    CHECK(schedule(at(5)) == 0.25);
}

TEST_CASE("schedules are PyTorch's in each of 50 steps") {
    check("step", StepLR{.step_size = 7, .gamma = 0.5});
    check("step_default", StepLR{.step_size = 20});
    check("multi_step", MultiStepLR{.milestones = {30, 5, 12, 12}, .gamma = 0.5});
    check("exponential", ExponentialLR{.gamma = 0.9});
    check("linear", LinearLR{});
    check("linear_long", LinearLR{.start_factor = 0.01, .end_factor = 0.5, .total_iters = 20});
    check("cosine", CosineAnnealingLR{.T_max = 49});
    check("cosine", CosineAnnealingLR{});  // of 49 steps
    check("cosine_again", CosineAnnealingLR{.T_max = 15, .eta_min = 0.01});
}

TEST_CASE("a learning rate of 0 has a factor, also with an eta_min") {
    for (const std::size_t step : {1u, 4u, 7u, 10u}) {
        const ScheduleStep now{.step = step, .steps = 10, .lr = 0};
        CHECK(CosineAnnealingLR{.T_max = 6, .eta_min = 0.01}(now) == CosineAnnealingLR{.T_max = 6}(now));
    }
}

TEST_CASE("schedules refuse settings that make no sense") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(is_refused(StepLR{}));
    for (const double wrong : {-0.1, nan, infinity}) {
        CAPTURE(wrong);
        CHECK(is_refused(StepLR{.step_size = 1, .gamma = wrong}));
        CHECK(is_refused(MultiStepLR{.gamma = wrong}));
        CHECK(is_refused(ExponentialLR{.gamma = wrong}));
        CHECK(is_refused(LinearLR{.start_factor = wrong}));
        CHECK(is_refused(LinearLR{.end_factor = wrong}));
        CHECK(is_refused(CosineAnnealingLR{.eta_min = wrong}));
    }
    CHECK(is_refused(LinearLR{.start_factor = 0}));
    CHECK(is_refused(LinearLR{.start_factor = 1.5}));
    CHECK(is_refused(LinearLR{.end_factor = 1.5}));
    CHECK_FALSE(is_refused(StepLR{.step_size = 1, .gamma = 2}));
    CHECK_FALSE(is_refused(MultiStepLR{}));
    CHECK_FALSE(is_refused(LinearLR{.start_factor = 1, .end_factor = 0}));
}

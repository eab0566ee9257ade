// SPDX-License-Identifier: MIT
#include <ctcnn/train/lr_find.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <vector>

#include "catch.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;
using small::Net;

constexpr LRFindOptions options_alone{};
static_assert(options_alone.min_lr == 1e-8 && options_alone.max_lr == 1 && options_alone.num_training == 100 &&
              options_alone.early_stop_threshold == 4 && options_alone.batch_size == 64 && options_alone.seed == 0 &&
              options_alone.threads == 0);

TEST_CASE("the rates rise by equal factors from the lowest to the highest") {
    for (const std::size_t count : {3u, 10u, 100u, 1000u}) {
        const std::vector<double> rates = detail_::train::geometric_rates(1e-8, 10.0, count);
        REQUIRE(rates.size() == count);
        for (std::size_t n = 0; n < count; ++n) {
            const double part = static_cast<double>(n) / static_cast<double>(count - 1);
            CHECK(rates[n] == Approx(1e-8 * std::pow(1e9, part)).epsilon(1e-12));
        }
    }
}

TEST_CASE("the curve is that of a training with these rates, and the network does not change") {
    const small::Data data = small::data(100);
    const Net net = small::net();
    const Net before = net;
    const LRFinder found = lr_find(net, data, SGD{.lr = 77, .momentum = 0.5f},
                                   {.min_lr = 1e-4, .max_lr = 2, .num_training = 60, .batch_size = 10, .seed = 3});
    CHECK(small::same_bits(net, before));
    REQUIRE(found.lrs.size() == found.losses.size());
    REQUIRE(found.lrs.size() == 60);

    std::vector<double> losses;
    Net by_hand = net;
    fit(by_hand, data, SGD{.lr = 1, .momentum = 0.5f},
        {.epochs = 6,
         .batch_size = 10,
         .seed = 3,
         .schedule = [&](std::size_t step, std::size_t) { return found.lrs[step - 1]; },
         .on_step = [&](const StepReport& report) { losses.push_back(report.loss); }});
    double average = 0;
    for (std::size_t n = 0; n < 60; ++n) {
        average = 0.98 * average + 0.02 * losses[n];
        CHECK(found.losses[n] == Approx(average / (1 - std::pow(0.98, static_cast<double>(n + 1)))).epsilon(1e-12));
    }

    // The suggestion trains well, its hundredth does not.
    const double rate = found.suggestion();
    CHECK(rate > 0.01);
    CHECK(rate < 2);
    const auto loss_with = [&](double lr) {
        Net trained = net;
        return fit(trained, data, SGD{.lr = static_cast<float>(lr), .momentum = 0.5f}, {.epochs = 5, .batch_size = 10})
            .epochs.back()
            .loss;
    };
    CHECK(loss_with(rate) < 0.5 * loss_with(rate / 100));
}

TEST_CASE("the suggestion is where the loss falls most steeply") {
    const LRFinder finder{{1, 2, 3, 4, 5, 6}, {9, 0, 8, 7, 3, 2}};
    CHECK(finder.suggestion(0, 0) == 1);
    CHECK(finder.suggestion(2, 0) == 4);                        // (3 - 8) / 2
    CHECK(finder.suggestion(3, 0) == 4);                        // 3 - 7
    CHECK(finder.suggestion(4, 1) != finder.suggestion(4, 1));  // NaN: one step is left
    CHECK(std::isnan(LRFinder{}.suggestion()));
    // By default the first 10 steps and the last one are left out: at 11 and 12 the loss falls by 3 and 4 a step.
    std::vector<double> losses(15, 30.0);
    losses[0] = 900;
    losses[11] = 27;
    losses[12] = 22;
    losses[13] = 21;
    losses[14] = 0;
    std::vector<double> rates;
    for (std::size_t n = 0; n < losses.size(); ++n) {
        rates.push_back(static_cast<double>(n));
    }
    const LRFinder many{rates, losses};
    CHECK(many.suggestion() == 11);
    CHECK(many.suggestion(10) == 11);
    CHECK(many.suggestion(11) == 11);
    CHECK(many.suggestion(12) == 12);
    CHECK(many.suggestion(12, 0) == 14);
    // Where the loss only rises, that is where it rises least.
    CHECK(LRFinder{{1, 2, 3, 4}, {1, 3, 4, 9}}.suggestion(0, 0) == 2);
}

TEST_CASE("a search ends once the loss diverges, or is not finite") {
    // Labels that the images do not tell: no rate learns them.
    const small::Data images = small::data(100, 1);
    const small::Data labels = small::data(100, 2);
    const small::Data data({images.images().begin(), images.images().end()},
                           {labels.labels().begin(), labels.labels().end()});
    const LRFinder found =
        lr_find(small::net(), data, SGD{}, {.min_lr = 1e-2, .max_lr = 1e6, .num_training = 100, .batch_size = 8});
    CHECK(found.lrs.size() < 90);
    CHECK(found.lrs.size() > 10);
    for (const double loss : found.losses) {
        CHECK(std::isfinite(loss));
    }
    const LRFinder on =
        lr_find(small::net(), data, SGD{},
                {.min_lr = 1e-2, .max_lr = 1e38, .num_training = 100, .early_stop_threshold = 0, .batch_size = 8});
    CHECK(on.lrs.size() < 100);
    CHECK(on.lrs.size() > 10);
}

TEST_CASE("a loss that is not finite from the first step on is no curve") {
    Net net = small::net();
    net.parameters()[0] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(lr_find(net, small::data(10), SGD{}), LossNotFinite);
}

TEST_CASE("the two rates of Muon keep their proportion") {
    const small::Data data = small::data(50);
    const auto losses_of = [&](const Muon& muon) {
        return lr_find(small::net(), data, muon, {.min_lr = 1e-3, .num_training = 20, .batch_size = 10}).losses;
    };
    const std::vector<double> losses = losses_of(Muon{.lr = 1, .adamw = {.lr = 0.5f}});
    CHECK(losses_of(Muon{.lr = 0.5f, .adamw = {.lr = 0.25f}}) == losses);
    CHECK(losses_of(Muon{.lr = 0, .adamw = {.lr = 0.5f}}) == losses);
    CHECK(losses_of(Muon{.lr = 1, .adamw = {.lr = 0.25f}}) != losses);
}

TEST_CASE("lr_find refuses rates that do not rise") {
    const small::Data data = small::data(10);
    const auto refuses = [&](const LRFindOptions& options) {
        CHECK_THROWS_AS(lr_find(small::net(), data, Adam{}, options), std::invalid_argument);
    };
    refuses({.min_lr = 0});
    refuses({.min_lr = 1, .max_lr = 1});
    refuses({.min_lr = std::nan("")});
    refuses({.max_lr = std::nan("")});
    refuses({.num_training = 2});
    refuses({.early_stop_threshold = -1});
    refuses({.batch_size = 0});
}

#ifdef _OPENMP
TEST_CASE("lr_find takes as many threads as OpenMP, or as many as it is told") {
    const team::Net net = team::net();
    const auto data = team::data();
    CHECK(team::size_of([&] { lr_find(net, data, SGD{}); }) == 2);
    CHECK(team::size_of([&] { lr_find(net, data, SGD{}, {.threads = 3}); }) == 3);
}
#endif

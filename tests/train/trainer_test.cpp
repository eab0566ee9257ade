// SPDX-License-Identifier: MIT
#include <ctcnn/train/trainer.hpp>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/muon.hpp>
#include <ctcnn/optim/one_cycle.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "catch.hpp"
#include "small.hpp"

using namespace ctcnn;
using small::Net;
using Loss = CrossEntropyLoss;

namespace {

constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};
const FitOptions options{.epochs = 3, .batch_size = 24, .seed = 5, .schedule = OneCycle{}};

template <typename Optimizer>
Net fitted(const small::Data& data, const Optimizer& optimizer) {
    Net net = small::net();
    fit(net, data, optimizer, options);
    return net;
}

bool same(const Net& a, const Net& b) { return std::ranges::equal(a.parameters(), b.parameters()); }

}  // namespace

TEST_CASE("After a schedule that is refused the learning rates are those of the last step") {
    const small::Data data = small::data(100);
    const auto check = [&](const auto& optimizer, const std::vector<double>& rates) {
        const auto second = [](const ScheduleStep& now) {
            const bool refused = now.step == 3 && now.lr < 1;
            return refused ? std::numeric_limits<double>::quiet_NaN() : 1 / static_cast<double>(now.step);
        };
        Net net = small::net();
        Trainer trainer(net, optimizer, {.epochs = 2, .batch_size = 25, .schedule = second});
        REQUIRE_THROWS_AS(trainer.run_epoch(data), std::invalid_argument);
        REQUIRE(trainer.steps() == 2);
        REQUIRE(trainer.last_lr() == rates);
    };
    check(SGD{.lr = 0.5f}, {0.25});
    check(ParameterGroups(SGD{.lr = 0.5f}, group<"0">(SGD{.lr = 2})), {0.25, 1});
    check(ParameterGroups(SGD{.lr = 2}, group<"0">(SGD{.lr = 0.5f})), {1, 0.25});
    check(EMA(Muon{.lr = 2, .adamw = {.lr = 0.5f}}), {1, 0.25});
}

TEST_CASE("A training by epochs gives the bits of fit, and counts") {
    const small::Data data = small::data(100);
    Net net = small::net();
    Trainer trainer(net, sgd, options);
    static_assert(std::is_same_v<decltype(trainer), Trainer<Net, SGD, CrossEntropyLoss>>);
    REQUIRE(trainer.seed() == 5);
    for (std::size_t epoch = 1; epoch <= 3; ++epoch) {
        REQUIRE(trainer.epochs() == epoch - 1);
        const EpochReport report = trainer.run_epoch(data);
        REQUIRE(report.epoch == epoch);
        REQUIRE(report.images == 100);
    }
    REQUIRE(trainer.steps() == 15);
    REQUIRE(trainer.epoch_steps() == 0);
    REQUIRE(same(net, fitted(data, sgd)));
    REQUIRE(&trainer.net() == &net);
    REQUIRE(trainer.state().size() == Net::parameter_count);

    // There is nothing left to do.
    const Net before = net;
    REQUIRE(trainer.fit(data).epochs.empty());
    REQUIRE(same(net, before));
}

TEST_CASE("Single steps, and epochs of other data sets, take nothing from the epochs that are left") {
    const small::Data hundred = small::data(100);
    const small::Data fifty = small::data(50);
    Net net = small::net();
    {
        Trainer trainer(net, sgd, {.epochs = 3, .batch_size = 10});
        trainer.step(small::data(10));
        trainer.run_epoch(hundred);
        const FitReport report = trainer.fit(hundred);
        REQUIRE(report.epochs.size() == 2);
        REQUIRE(report.epochs.back().images == 100);
        REQUIRE(trainer.epochs() == 3);
        REQUIRE(trainer.steps() == 31);
    }
    for (const auto& [first, second] : {std::pair(&hundred, &fifty), std::pair(&fifty, &hundred)}) {
        std::vector<std::size_t> images;
        FitOptions with_reports{.epochs = 4, .batch_size = 10};
        with_reports.on_epoch = [&](const EpochReport& report) { images.push_back(report.images); };
        Trainer trainer(net, sgd, with_reports);
        trainer.run_epoch(*first);
        trainer.run_epoch(*first);
        const FitReport report = trainer.fit(*second);
        REQUIRE(report.epochs.size() == 2);
        REQUIRE(trainer.epochs() == 4);
        REQUIRE(images == std::vector{first->size(), first->size(), second->size(), second->size()});
        REQUIRE(trainer.fit(*second).epochs.empty());
        REQUIRE(trainer.epochs() == 4);
    }
}

TEST_CASE("run_epoch trains an epoch beyond .epochs, and none where max_steps leaves no step") {
    const small::Data data = small::data(100);
    Net net = small::net();
    std::size_t reports = 0;
    FitOptions few{.batch_size = 10, .on_epoch = [&](const EpochReport&) { ++reports; }};
    {
        Trainer trainer(net, sgd, few);
        for (std::size_t epoch = 1; epoch <= 3; ++epoch) {
            REQUIRE(trainer.run_epoch(data).images == 100);
            REQUIRE(trainer.epochs() == epoch);
        }
        REQUIRE(reports == 3);
        REQUIRE(trainer.fit(data).steps == 30);
        REQUIRE(reports == 3);
    }
    few.max_steps = 10;
    Trainer trainer(net, sgd, few);
    trainer.run_epoch(data);
    REQUIRE(reports == 4);
    const Net before = net;
    const EpochReport none = trainer.run_epoch(data);
    REQUIRE(none.epoch == 2);
    REQUIRE(none.images == 0);
    REQUIRE(reports == 4);
    REQUIRE(same(net, before));
}

TEST_CASE(
    "Batches of ignored images alone count as the mean of those before or, at the beginning, of the first behind") {
    const small::Data all = small::data(40);
    const auto loss_with = [&](std::size_t first_ignored, std::size_t last_ignored, const Loss& loss) {
        std::vector<std::uint8_t> labels(all.labels().begin(), all.labels().end());
        std::fill(labels.begin() + static_cast<std::ptrdiff_t>(first_ignored),
                  labels.begin() + static_cast<std::ptrdiff_t>(last_ignored), std::uint8_t{255});
        const small::Data data(std::vector(all.images().begin(), all.images().end()), std::move(labels));
        Net net = small::net();
        Trainer trainer(net, SGD{.lr = 0}, {.batch_size = 10, .shuffle = false}, loss);
        return trainer.run_epoch(data).loss;
    };
    const Loss ignoring{.ignore_index = 255};
    const auto loss_of = [&](std::size_t first, std::size_t count) {
        return evaluate(small::net(),
                        small::Data(std::vector(all.images().begin() + static_cast<std::ptrdiff_t>(first),
                                                all.images().begin() + static_cast<std::ptrdiff_t>(first + count)),
                                    std::vector<std::uint8_t>(
                                        all.labels().begin() + static_cast<std::ptrdiff_t>(first),
                                        all.labels().begin() + static_cast<std::ptrdiff_t>(first + count))))
            .loss;
    };
    REQUIRE(loss_with(0, 30, ignoring) == Approx(loss_of(30, 10)));
    REQUIRE(loss_with(10, 40, ignoring) == Approx(loss_of(0, 10)));
    REQUIRE(loss_with(10, 20, ignoring) == Approx((2 * loss_of(0, 10) + loss_of(20, 10) + loss_of(30, 10)) / 4));
    const double nothing = loss_with(0, 40, ignoring);
    REQUIRE(nothing != nothing);
}

TEST_CASE("A training that stops anywhere and goes on gives the bits of one that does not stop") {
    const small::Data data = small::data(100);
    const auto check = [&](const auto& optimizer) {
        const Net wanted = fitted(data, optimizer);
        for (std::size_t stop = 1; stop < 15; ++stop) {
            CAPTURE(stop);
            Net net = small::net();
            FitOptions stopping = options;
            std::size_t asked = 0;
            stopping.should_stop = [&] { return ++asked == stop; };
            Trainer trainer(net, optimizer, stopping);
            const FitReport first = trainer.fit(data);
            REQUIRE(first.stopped);
            REQUIRE(first.steps == stop);
            REQUIRE(first.epochs.size() == stop / 5);
            REQUIRE(trainer.steps() == stop);
            REQUIRE(trainer.epochs() == stop / 5);
            REQUIRE(trainer.epoch_steps() == stop % 5);
            const FitReport second = trainer.fit(data);
            REQUIRE_FALSE(second.stopped);
            REQUIRE(second.epochs.size() == 3 - stop / 5);
            REQUIRE(second.epochs.front().images == 100);
            REQUIRE(second.steps == 15);
            REQUIRE(same(net, wanted));
        }
    };
    check(sgd);
    check(Adam{.lr = 0.01f});
}

TEST_CASE("The loss of an epoch that was interrupted is that of all of its images") {
    const small::Data data = small::data(100);
    Net whole = small::net();
    const EpochReport wanted = Trainer(whole, sgd, {.batch_size = 24}).run_epoch(data);

    Net net = small::net();
    FitOptions stopping{.batch_size = 24};
    std::size_t asked = 0;
    stopping.should_stop = [&] { return ++asked == 2; };
    Trainer trainer(net, sgd, stopping);
    REQUIRE(trainer.run_epoch(data).images == 48);
    const EpochReport report = trainer.run_epoch(data);
    REQUIRE(report.images == 100);
    REQUIRE(report.loss == wanted.loss);
    REQUIRE(same(net, whole));
}

TEST_CASE("A step is value_and_grad and a step of the optimizer") {
    const small::Data data = small::data(70);
    Net net = small::net();
    Net by_hand = net;
    std::vector<float> velocity(Net::parameter_count);
    Trainer trainer(net, sgd);
    // Batches that grow and shrink, one of more images than a round has.
    std::size_t step = 0;
    for (const std::size_t count : {10u, 70u, 1u, 33u}) {
        const auto images = data.images().first(count);
        const auto labels = data.labels().first(count);
        const auto result = value_and_grad(by_hand, CrossEntropyLoss{}, images, labels);
        sgd.step(by_hand.parameters(), result.gradients.parameters(), velocity);
        REQUIRE(static_cast<float>(trainer.step(images, labels)) == result.loss);
        REQUIRE(trainer.steps() == ++step);
        REQUIRE(same(net, by_hand));
    }
    REQUIRE(std::ranges::equal(trainer.state(), velocity));
    REQUIRE(trainer.epochs() == 0);

    SECTION("A batch may be a data set") {
        const auto result = value_and_grad(by_hand, CrossEntropyLoss{}, data.images().first(5), data.labels().first(5));
        REQUIRE(static_cast<float>(trainer.step(data.first(5))) == result.loss);
    }
    SECTION("Targets may be tensors") {
        const std::vector<Net::output_tensor> targets(3);
        Net other = small::net();
        Trainer on_tensors(other, sgd, {}, MSELoss{});
        Net expected = other;
        Gradients<Net> gradients;
        const float loss = value_and_grad(expected, MSELoss{}, data.images().first(3), targets, gradients);
        REQUIRE(static_cast<float>(on_tensors.step(data.images().first(3), targets)) == loss);
    }
}

TEST_CASE("value_and_grad with a trainer or a workspace gives the bits of one without") {
    const small::Data data = small::data(70);
    Net net = small::net();
    const auto wanted = value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
    Gradients<Net> gradients;
    const auto check = [&](float loss) {
        REQUIRE(loss == wanted.loss);
        REQUIRE(std::ranges::equal(gradients.parameters(), wanted.gradients.parameters()));
        std::ranges::fill(gradients.parameters(), 0.0f);
    };
    Trainer trainer(net, sgd, {.threads = 3});
    for (const std::size_t threads : {1u, 2u, 5u}) {
        TrainingWorkspace<Net> workspace(threads);
        value_and_grad(net, CrossEntropyLoss{}, data.images().first(9), data.labels().first(9), gradients, workspace);
        check(value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels(), gradients, workspace));
    }
    check(value_and_grad(trainer, data.images(), data.labels(), gradients));
    REQUIRE(trainer.steps() == 0);
}

TEST_CASE("A bad step is not taken, and not counted") {
    const small::Data data = small::data(8);
    Net net = small::net();
    Trainer trainer(net, sgd);
    trainer.step(data.images(), data.labels());
    std::vector<Net::input_tensor> images(data.images().begin(), data.images().end());
    images[3](0, 0, 0) = std::numeric_limits<float>::infinity();
    const Net before = net;
    try {
        trainer.step(images, data.labels());
        FAIL("no error");
    } catch (const LossNotFinite& error) {
        REQUIRE(std::string(error.what()).find("image 3 ") != std::string::npos);
        REQUIRE(error.step() == 2);
    }
    REQUIRE(same(net, before));
    REQUIRE(trainer.steps() == 1);
    trainer.step(data.images(), data.labels());
    REQUIRE(trainer.steps() == 2);
}

TEST_CASE("What a trainer refuses") {
    const small::Data data = small::data(100);
    Net net = small::net();
    REQUIRE_THROWS_AS(Trainer(net, SGD{.lr = -1}), std::invalid_argument);
    REQUIRE_THROWS_AS(Trainer(net, sgd, {.batch_size = 0}), std::invalid_argument);
    REQUIRE_THROWS_AS(Trainer(net, sgd, {}, CrossEntropyLoss{.label_smoothing = 2}), std::invalid_argument);

    Trainer scheduled(net, sgd, {.schedule = OneCycle{}});
    REQUIRE_THROWS_WITH(scheduled.step(data.images(), data.labels()),
                        Catch::Matchers::ContainsSubstring("set FitOptions::max_steps"));
    REQUIRE_THROWS_AS(scheduled.step(data.images().first(0), data.labels().first(0)), std::invalid_argument);
    REQUIRE_THROWS_AS(scheduled.step(data.images(), data.labels().first(3)), std::invalid_argument);
    Trainer known(net, sgd, {.max_steps = 10, .schedule = OneCycle{}});
    known.step(data.images(), data.labels());

    Net zeros{};
    Trainer uninitialized(zeros, sgd);
    REQUIRE_THROWS_WITH(uninitialized.step(data.images(), data.labels()),
                        Catch::Matchers::ContainsSubstring("was not initialized"));
    REQUIRE_THROWS_WITH(uninitialized.run_epoch(data), Catch::Matchers::ContainsSubstring("was not initialized"));

    FitOptions stopping{.batch_size = 24};
    stopping.should_stop = [] { return true; };
    Trainer trainer(net, sgd, stopping);
    trainer.run_epoch(data);
    REQUIRE_THROWS_WITH(trainer.run_epoch(data.first(90)),
                        Catch::Matchers::ContainsSubstring("has 90 images, and this epoch was begun with 100"));
}

// A trainer keeps a reference to the network.
template <typename Network>
concept TakesTemporaries = requires { Trainer<Network, SGD>(Network{}, SGD{}); };
static_assert(!TakesTemporaries<Net>);
static_assert(!std::is_copy_constructible_v<Trainer<Net, SGD>> && !std::is_move_constructible_v<Trainer<Net, SGD>>);

TEST_CASE("an epoch of one image has its loss, one without steps has none") {
    const small::Data one = small::data(1);
    Net net = small::net();
    const double loss = evaluate(net, one).loss;
    Trainer trainer(net, sgd, {.max_steps = 1});
    const EpochReport first = trainer.run_epoch(one);
    CHECK(first.loss == Approx(loss).epsilon(1e-6));
    CHECK(first.images == 1);
    const EpochReport second = trainer.run_epoch(one);
    CHECK(second.loss == 0);
    CHECK(second.images == 0);
    // Parameters that are not finite are told without a step, too.
    net.parameters()[0] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(trainer.run_epoch(one), Catch::Matchers::ContainsSubstring("in step 1 of epoch 2"));
}

TEST_CASE("an epoch that was stopped in the middle is reported once it is complete") {
    const small::Data data = small::data(30);
    Net net = small::net();
    bool stop = true;
    std::size_t reported = 0;
    Trainer trainer(net, sgd,
                    {.batch_size = 10,
                     .on_epoch = [&](const EpochReport& report) { reported = report.images; },
                     .should_stop = [&] { return stop; }});
    trainer.run_epoch(data);
    CHECK(trainer.epoch_steps() == 1);
    CHECK(reported == 0);
    stop = false;
    trainer.run_epoch(data);
    CHECK(trainer.epochs() == 1);
    CHECK(reported == 30);
}

TEST_CASE("parameters that become infinite in the last step of an epoch are told with this step") {
    Net net = small::net();
    Trainer trainer(
        net, SGD{.lr = 10, .weight_decay = 3e38f},
        {.batch_size = 10, .schedule = [](std::size_t step, std::size_t) { return step == 3 ? 1.0 : 0.0; }});
    try {
        trainer.run_epoch(small::data(30));
        FAIL("no error");
    } catch (const LossNotFinite& error) {
        CHECK(error.step() == 3);
        CHECK(error.epoch() == 1);
    }
}

TEST_CASE("a last batch of one image is refused where statistics of features need more") {
    using Features = Sequential<Input<2>, Linear<2, 3>, BatchNorm1d<3>>;
    Features net{};
    initialize(net, KaimingUniform{});
    const auto features = [](std::size_t count) {
        return Dataset<Shape<2>>(std::vector<float>(2 * count, 1), std::vector<std::uint8_t>(count));
    };
    Trainer trainer(net, sgd, {.epochs = 0, .batch_size = 2});
    CHECK_THROWS_AS(trainer.fit(features(5)), std::invalid_argument);
    CHECK_THROWS_AS(trainer.run_epoch(features(5)), std::invalid_argument);
    CHECK_THROWS_AS(trainer.step(features(1)), std::invalid_argument);
    CHECK_NOTHROW(trainer.fit(features(6)));
    CHECK_NOTHROW(trainer.run_epoch(features(6)));
    CHECK_NOTHROW(trainer.step(features(2)));
}

#ifdef _OPENMP
TEST_CASE("A training keeps the number of threads that OpenMP would have taken when it began") {
    std::atomic<int> team_size = 0;
    const auto loss = [&team_size](std::span<const float, 3> outputs, std::uint8_t, std::span<float, 3> gradient) {
        team_size = omp_get_num_threads();
        std::ranges::fill(gradient, 1.0f);
        return outputs[0];
    };
    const small::Data data = small::data(2000);
    const int before = omp_get_max_threads();
    Net net = small::net();
    omp_set_num_threads(2);
    // An optimizer with scratch memory for each thread.
    Trainer trainer(net, Muon{}, {}, loss);
    omp_set_num_threads(4);
    trainer.step(data);
    CHECK(team_size == 2);
    omp_set_num_threads(before);
}
#endif

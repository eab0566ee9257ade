// SPDX-License-Identifier: MIT
#include <ctcnn/train/fit.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using small::Net;

namespace {

constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f, .weight_decay = 1e-3f, .nesterov = true};

/// What fit promises to do, written out with value_and_grad and one step for all parameters: one thread, no parts.
Net by_hand(const Net& start, const small::Data& data, const SGD& optimizer, const FitOptions& options) {
    Net net = start;
    std::vector<float> velocity(Net::parameter_count);
    std::vector<std::uint32_t> order(data.size());
    for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
        std::iota(order.begin(), order.end(), std::uint32_t{0});
        if (options.shuffle) {
            shuffle(std::span<std::uint32_t>(order), Philox(options.seed, epoch));
        }
        for (std::size_t first = 0; first < data.size(); first += options.batch_size) {
            std::vector<Net::input_tensor> images;
            std::vector<std::uint8_t> labels;
            for (std::size_t n = first; n < std::min(data.size(), first + options.batch_size); ++n) {
                images.push_back(data.image(order[n]));
                labels.push_back(data.label(order[n]));
            }
            const auto result = value_and_grad(net, CrossEntropyLoss{}, images, labels);
            optimizer.step(std::span<float>(net.parameters()), std::span<const float>(result.gradients.parameters()),
                           {std::span<float>(velocity)});
        }
    }
    return net;
}

Net fitted(const small::Data& data, const FitOptions& options, const SGD& optimizer = sgd) {
    Net net = small::net();
    fit(net, data, optimizer, options);
    return net;
}

template <typename Error, typename Action>
Error error_of(const Action& action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no error");
    std::abort();
}

}  // namespace

TEST_CASE("what FitOptions are without being told, and reports before a training") {
    const FitOptions options;
    CHECK(options.epochs == 1);
    CHECK(options.max_steps == 0);
    CHECK(options.batch_size == 64);
    CHECK(options.seed == 0);
    CHECK(options.threads == 0);
    CHECK(options.shuffle);
    CHECK(options.clip_grad_norm == 0);
    CHECK(options.clip_grad_value == 0);
    CHECK_FALSE(options.schedule);
    CHECK_FALSE((options.on_epoch || options.on_step || options.should_stop));
    const FitReport report;
    CHECK(report.epochs.empty());
    CHECK_FALSE(report.stopped);
    CHECK(report.steps == 0);
    const EpochReport epoch{};
    CHECK(std::isnan(epoch.validation_loss));
    CHECK(std::isnan(epoch.validation_accuracy));
    CHECK(std::isnan(epoch.validation_metric));
}

TEST_CASE("fit gives the bits of a loop by hand, for any number of threads") {
    const small::Data data = small::data(400);
    // A batch of one tile; one that divides nothing; one of two rounds; one larger than the data set.
    for (const std::size_t batch_size : {5u, 91u, 300u, 1000u}) {
        const FitOptions options{.epochs = 2, .batch_size = batch_size, .seed = 7};
        const Net expected = by_hand(small::net(), data, sgd, options);
        std::printf("parameters after fit, batch size %zu: FNV-1a %016llx\n", batch_size,
                    static_cast<unsigned long long>(small::hash_of(expected.parameters())));
        CHECK_FALSE(small::same_bits(expected.parameters(), small::net()));
        for (const std::size_t threads : {0u, 1u, 2u, 3u, 4u, 8u}) {
            INFO("batch size " << batch_size << ", " << threads << " threads");
            FitOptions with_threads = options;
            with_threads.threads = threads;
            CHECK(small::same_bits(fitted(data, with_threads), expected.parameters()));
        }
    }
}

TEST_CASE("more threads than there is work do no harm") {
    const small::Data data = small::data(100);
    CHECK(small::same_bits(fitted(data, {.batch_size = 100, .threads = 1000}),
                           fitted(data, {.batch_size = 100, .threads = 1})));
}

TEST_CASE("fit without momentum and without shuffling gives the bits of a loop by hand") {
    const small::Data data = small::data(100);
    const SGD plain{.lr = 0.25f};
    const FitOptions options{.epochs = 2, .batch_size = 32, .shuffle = false};
    CHECK(small::same_bits(fitted(data, options, plain), by_hand(small::net(), data, plain, options)));
}

TEST_CASE("a network learns") {
    const small::Data train = small::data(600, 1);
    const small::Data test = small::data(300, 2);
    Net net = small::net();
    const double before = evaluate(net, test).accuracy;
    const FitReport report = fit(net, train, sgd, {.epochs = 8, .batch_size = 32});
    CHECK(before < 0.7);
    CHECK(evaluate(net, test).accuracy > 0.95);
    REQUIRE(report.epochs.size() == 8);
    CHECK(report.epochs.back().loss < 0.5 * report.epochs.front().loss);
}

TEST_CASE("each epoch has its own order, which the seed decides") {
    // The loss of a step of one image tells which image it was, since a learning rate of 0 changes nothing.
    const small::Data data = small::data(20);
    const auto losses = [&](std::uint64_t seed, bool shuffled) {
        std::vector<double> result;
        fitted(data,
               {.epochs = 2,
                .batch_size = 1,
                .seed = seed,
                .shuffle = shuffled,
                .on_step = [&](const StepReport& report) { result.push_back(report.loss); }},
               SGD{.lr = 0});
        return result;
    };
    const auto half = [](const std::vector<double>& all, std::size_t which) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(which * 20);
        return std::vector<double>(begin, begin + 20);
    };
    const auto sorted = [](std::vector<double> numbers) {
        std::sort(numbers.begin(), numbers.end());
        return numbers;
    };
    const std::vector<double> one = losses(1, true);
    const std::vector<double> plain = losses(1, false);
    REQUIRE(one.size() == 40);
    CHECK(one == losses(1, true));
    CHECK(one != losses(2, true));
    CHECK(half(one, 0) != half(one, 1));
    CHECK(half(plain, 0) == half(plain, 1));
    CHECK(half(one, 0) != half(plain, 0));
    // Each image once.
    CHECK(sorted(half(one, 0)) == sorted(half(plain, 0)));
    CHECK(sorted(half(one, 1)) == sorted(half(plain, 0)));
}

TEST_CASE("the reports count epochs and steps from 1 and give mean losses") {
    const small::Data data = small::data(25);
    std::vector<StepReport> steps;
    std::vector<EpochReport> epochs;
    Net net = small::net();
    const FitReport report = fit(net, data, SGD{.lr = 0},
                                 {.epochs = 2,
                                  .batch_size = 10,
                                  .on_epoch = [&](const EpochReport& epoch) { epochs.push_back(epoch); },
                                  .on_step = [&](const StepReport& step) { steps.push_back(step); }});
    REQUIRE(steps.size() == 6);
    REQUIRE(epochs.size() == 2);
    CHECK(report.epochs.size() == 2);
    CHECK_FALSE(report.stopped);
    CHECK(steps[4].epoch == 2);
    CHECK(steps[4].step == 2);
    CHECK(steps[4].steps_per_epoch == 3);
    CHECK(epochs[1].epoch == 2);
    CHECK(epochs[1].images == 25);
    CHECK(epochs[1].seconds >= 0);
    CHECK(epochs[1].loss == report.epochs[1].loss);
    // With a learning rate of 0 the mean over an epoch is that over the data set; the last batch has 5 images.
    CHECK(epochs[0].loss == Approx(evaluate(net, data).loss).epsilon(1e-6));
    CHECK(epochs[0].loss == Approx((10 * steps[0].loss + 10 * steps[1].loss + 5 * steps[2].loss) / 25).epsilon(1e-12));
}

TEST_CASE("the schedule scales the learning rate by the progress") {
    const small::Data data = small::data(40);
    std::vector<double> progress;
    const FitOptions options{.epochs = 2, .batch_size = 20, .schedule = [&](double p) {
                                 progress.push_back(p);
                                 return 0.5;
                             }};
    const Net halved = fitted(data, options, SGD{.lr = 0.5f});
    CHECK(progress == std::vector<double>{0, 1.0 / 3, 2.0 / 3, 1});
    const Net half = fitted(data, {.epochs = 2, .batch_size = 20}, SGD{.lr = 0.25f});
    CHECK(small::same_bits(halved.parameters(), half.parameters()));
}

TEST_CASE("max_steps cuts the last epoch short, and progress runs to that end") {
    const small::Data data = small::data(25);
    const auto trained = [&](std::size_t max_steps, std::vector<double>& progress, std::vector<std::size_t>& images) {
        Net net = small::net();
        const FitReport report = fit(net, data, sgd,
                                     {.epochs = 3,
                                      .max_steps = max_steps,
                                      .batch_size = 10,
                                      .schedule =
                                          [&](double p) {
                                              progress.push_back(p);
                                              return 1.0;
                                          },
                                      .on_epoch = [&](const EpochReport& e) { images.push_back(e.images); }});
        CHECK_FALSE(report.stopped);
        CHECK(report.epochs.size() == images.size());
        CHECK(report.steps == progress.size());
        return net;
    };
    using Counts = std::vector<std::size_t>;
    struct Case {
        std::size_t max_steps;
        std::size_t steps;
        Counts images;
    };
    for (const Case& expected :
         {Case{0, 9, {25, 25, 25}}, Case{1, 1, {10}}, Case{3, 3, {25}}, Case{5, 5, {25, 20}}, Case{6, 6, {25, 25}},
          Case{9, 9, {25, 25, 25}}, Case{10, 9, {25, 25, 25}}, Case{SIZE_MAX, 9, {25, 25, 25}}}) {
        CAPTURE(expected.max_steps);
        std::vector<double> progress;
        Counts images;
        const Net net = trained(expected.max_steps, progress, images);
        CHECK(images == expected.images);
        REQUIRE(progress.size() == expected.steps);
        for (std::size_t step = 0; step < expected.steps; ++step) {
            CHECK(progress[step] ==
                  static_cast<double>(step) / static_cast<double>(std::max<std::size_t>(1, expected.steps - 1)));
        }
        // The same parameters as those of a training that is stopped there.
        std::size_t count = 0;
        Net stopped = small::net();
        const FitReport report =
            fit(stopped, data, sgd,
                {.epochs = 3, .batch_size = 10, .should_stop = [&] { return ++count == expected.steps; }});
        CHECK(report.steps == expected.steps);
        CHECK(small::same_bits(net.parameters(), stopped.parameters()));
    }
}

TEST_CASE("the loss of an epoch that is cut short is the mean over its images") {
    const small::Data data = small::data(25);
    std::vector<double> losses;
    Net net = small::net();
    const FitReport report =
        fit(net, data, sgd, {.epochs = 2, .max_steps = 5, .batch_size = 10, .on_step = [&](const StepReport& s) {
                                 losses.push_back(s.loss);
                             }});
    REQUIRE(losses.size() == 5);
    REQUIRE(report.epochs.size() == 2);
    CHECK(report.epochs[1].loss == Approx((losses[3] + losses[4]) / 2).epsilon(1e-12));
}

TEST_CASE("Adam counts the steps over all epochs, and trains the same with any number of threads") {
    const small::Data data = small::data(25);
    const Adam adam{.lr = 0.01f, .weight_decay = 1e-3f};
    const FitOptions options{.epochs = 2, .batch_size = 10, .shuffle = false};
    Net net = small::net();
    std::vector<float> means(Net::parameter_count);
    std::vector<float> squares(Net::parameter_count);
    for (std::uint64_t number = 1; number <= 6; ++number) {
        const auto first = static_cast<std::size_t>((number - 1) % 3 * 10);
        const std::size_t count = std::min<std::size_t>(10, data.size() - first);
        const auto result = value_and_grad(net, CrossEntropyLoss{}, data.images().subspan(first, count),
                                           data.labels().subspan(first, count));
        adam.step(net.parameters(), result.gradients.parameters(), means, squares, number);
    }
    for (const std::size_t threads : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
        FitOptions threaded = options;
        threaded.threads = threads;
        Net other = small::net();
        fit(other, data, adam, threaded);
        CHECK(small::same_bits(other.parameters(), net.parameters()));
    }
}

TEST_CASE("should_stop ends the training with the parameters of that step") {
    const small::Data data = small::data(50);
    int asked = 0;
    Net net = small::net();
    const FitReport report =
        fit(net, data, sgd, {.epochs = 4, .batch_size = 10, .should_stop = [&] { return ++asked == 7; }});
    CHECK(asked == 7);
    CHECK(report.stopped);
    CHECK(report.epochs.size() == 1);
    int steps = 0;
    Net other = small::net();
    std::vector<float> after_seven;
    fit(other, data, sgd, {.epochs = 4, .batch_size = 10, .on_step = [&](const StepReport&) {
                               if (++steps == 7) {
                                   after_seven.assign(other.parameters().begin(), other.parameters().end());
                               }
                           }});
    CHECK(steps == 20);
    CHECK(after_seven == std::vector<float>(net.parameters().begin(), net.parameters().end()));
}

TEST_CASE("should_stop is asked once after each step, behind on_step and on_epoch") {
    const small::Data data = small::data(25);
    std::string calls;
    Net net = small::net();
    const FitReport report =
        fit(net, data, sgd,
            {.epochs = 3,
             .max_steps = 5,
             .batch_size = 10,
             .schedule =
                 [&](double) {
                     calls += 'r';
                     return 1;
                 },
             .on_epoch = [&](const EpochReport& e) { calls.append("e").append(std::to_string(e.images)).append(" "); },
             .on_step = [&](const StepReport& s) { calls += std::to_string(s.step); },
             .should_stop =
                 [&] {
                     calls += '?';
                     return false;
                 }});
    CHECK(calls == "r1?r2?r3e25 ?r1?r2e20 ?");
    CHECK_FALSE(report.stopped);
    CHECK(report.steps == 5);
    CHECK(report.epochs.size() == 2);
}

TEST_CASE("who decides after an epoch to stop gets the parameters that were judged") {
    const small::Data data = small::data(40);
    for (const std::size_t last : {1u, 3u, 10u}) {
        CAPTURE(last);
        bool enough = false;
        std::vector<float> judged;
        std::size_t steps = 0;
        Net net = small::net();
        const FitReport report = fit(net, data, sgd,
                                     {.epochs = 10,
                                      .batch_size = 10,
                                      .on_epoch =
                                          [&](const EpochReport& epoch) {
                                              judged.assign(net.parameters().begin(), net.parameters().end());
                                              enough = epoch.epoch == last;
                                          },
                                      .on_step = [&](const StepReport&) { ++steps; },
                                      .should_stop = [&] { return enough; }});
        CHECK(report.stopped);
        CHECK(report.steps == 4 * last);
        CHECK(steps == 4 * last);
        CHECK(report.epochs.size() == last);
        CHECK(small::same_bits(net.parameters(), judged));
    }
}

TEST_CASE("an epoch that should_stop ends early is not reported, and one that is complete is") {
    const small::Data data = small::data(25);
    struct Case {
        std::size_t stop;
        std::size_t epochs;
    };
    for (const Case& expected : {Case{1, 0}, Case{2, 0}, Case{3, 1}, Case{4, 1}, Case{6, 2}, Case{7, 2}, Case{8, 3}}) {
        CAPTURE(expected.stop);
        std::size_t asked = 0;
        std::size_t epochs = 0;
        Net net = small::net();
        const FitReport report = fit(net, data, sgd,
                                     {.epochs = 3,
                                      .max_steps = 8,
                                      .batch_size = 10,
                                      .on_epoch = [&](const EpochReport&) { ++epochs; },
                                      .should_stop = [&] { return ++asked == expected.stop; }});
        CHECK(report.stopped);
        CHECK(asked == expected.stop);
        CHECK(report.steps == expected.stop);
        CHECK(report.epochs.size() == expected.epochs);
        CHECK(epochs == expected.epochs);
    }
}

TEST_CASE("what the functions throw leaves fit at once, with the parameters of that step") {
    const small::Data data = small::data(400);
    struct Thrown {};
    // Throws when it is called for the n-th time.
    const auto count_to = [](int n) {
        return [n]() mutable {
            if (--n == 0) {
                throw Thrown{};
            }
        };
    };
    using Count = decltype(count_to(1));
    struct Case {
        void (*place)(FitOptions&, Count);
        int calls;
        std::size_t steps;
    };
    const auto on_step = [](FitOptions& options, Count f) {
        options.on_step = [f](const StepReport&) mutable { f(); };
    };
    const auto on_epoch = [](FitOptions& options, Count f) {
        options.on_epoch = [f](const EpochReport&) mutable { f(); };
    };
    const auto should_stop = [](FitOptions& options, Count f) {
        options.should_stop = [f]() mutable { return f(), false; };
    };
    const auto schedule = [](FitOptions& options, Count f) {
        options.schedule = [f](double) mutable { return f(), 1.0; };
    };
    for (const Case& expected :
         {Case{on_step, 4, 4}, Case{on_step, 7, 7}, Case{on_epoch, 2, 8}, Case{should_stop, 4, 4},
          Case{should_stop, 6, 6}, Case{schedule, 1, 0}, Case{schedule, 5, 4}}) {
        for (const std::size_t threads : {1u, 2u}) {
            CAPTURE(expected.calls, expected.steps, threads);
            FitOptions options{.epochs = 3, .batch_size = 100, .threads = threads};
            expected.place(options, count_to(expected.calls));
            Net net = small::net();
            CHECK_THROWS_AS(fit(net, data, sgd, options), Thrown);
            const FitOptions until{
                .epochs = expected.steps == 0 ? 0u : 3u, .max_steps = expected.steps, .batch_size = 100};
            CHECK(small::same_bits(net.parameters(), fitted(data, until)));
        }
    }
}

TEST_CASE("who trains until should_stop may ask for epochs without end") {
    const small::Data data = small::data(50);
    for (const std::size_t epochs : {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX >> 24}) {
        CAPTURE(epochs);
        std::size_t count = 0;
        Net net = small::net();
        const FitReport report =
            fit(net, data, sgd, {.epochs = epochs, .batch_size = 25, .should_stop = [&] { return ++count == 3; }});
        CHECK(report.stopped);
        CHECK(report.steps == 3);
        CHECK(report.epochs.size() == 1);
    }
}

namespace {

/// An optimizer without a learning rate: every parameter moves by the same length.
struct SignDescent {
    static constexpr std::size_t state_count = 0;
    template <typename T>
    void step(std::span<T> parameters, std::span<const T> gradients, std::array<std::span<T>, 0>, std::uint64_t) const {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            parameters[i] -= gradients[i] > 0 ? T(0.01) : T(-0.01);
        }
    }
};

}  // namespace

TEST_CASE("an optimizer needs a learning rate only for a schedule") {
    const small::Data data = small::data(200);
    Net net = small::net();
    fit(net, data, SignDescent{}, {.epochs = 5, .batch_size = 20});
    CHECK(evaluate(net, data).accuracy > 0.9);  // a guess would be right once in three times
    const auto error = error_of<std::invalid_argument>(
        [&] { fit(net, data, SignDescent{}, {.schedule = [](double) { return 1.0; }}); });
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("has no lr"));
}

TEST_CASE("fit smooths labels as its loss says") {
    const small::Data data = small::data(40);
    const CrossEntropyLoss smoothing{.label_smoothing = 0.25f};
    Net net = small::net();
    fit(net, data, SGD{.lr = 0.5f}, {.batch_size = 40, .shuffle = false}, smoothing);
    Net expected = small::net();
    const auto result = value_and_grad(expected, smoothing, data.images(), data.labels());
    SGD{.lr = 0.5f}.step(expected.parameters(), result.gradients.parameters());
    CHECK(small::same_bits(net.parameters(), expected.parameters()));
    Net sharp = small::net();
    fit(sharp, data, SGD{.lr = 0.5f}, {.batch_size = 40, .shuffle = false});
    CHECK_FALSE(small::same_bits(net.parameters(), sharp.parameters()));
}

TEST_CASE("no epochs change nothing") { CHECK(small::same_bits(fitted(small::data(5), {.epochs = 0}), small::net())); }

TEST_CASE("fit refuses what it cannot train on") {
    Net net = small::net();
    CHECK_THROWS_AS(fit(net, small::Data{}, sgd), std::invalid_argument);
    CHECK_THROWS_AS(fit(net, small::Data({Net::input_tensor{}}, {3}), sgd), std::invalid_argument);
    CHECK_THROWS_AS(fit(net, small::data(3), sgd, {.batch_size = 0}), std::invalid_argument);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(fit(net, small::data(3), SGD{.lr = nan}), std::invalid_argument);
    CHECK_THROWS_AS(fit(net, small::data(3), Adam{.betas = {0.9, 1}}), std::invalid_argument);
    CHECK_THROWS_AS(fit(net, small::data(3), sgd, {}, CrossEntropyLoss{.label_smoothing = 1.5f}),
                    std::invalid_argument);
    CHECK_THROWS_AS(evaluate(net, small::data(3), 0, CrossEntropyLoss{.label_smoothing = 1.5f}), std::invalid_argument);
    CHECK_THROWS_AS(fit(net, small::data(3), sgd, {.schedule = [&](double) { return double(nan); }}),
                    std::invalid_argument);
    CHECK(small::same_bits(net.parameters(), small::net()));
}

TEST_CASE("a loss that is not finite stops the training before the step, and says where it comes from") {
    const small::Data good = small::data(300);
    std::vector<Net::input_tensor> images(good.images().begin(), good.images().end());
    const std::vector<std::uint8_t> labels(good.labels().begin(), good.labels().end());

    SECTION("a NaN in an image, in the second round of a batch") {
        images[290](0, 2, 1) = std::numeric_limits<float>::quiet_NaN();
        const small::Data data(images, labels);
        Net net = small::net();
        const auto error =
            error_of<LossNotFinite>([&] { fit(net, data, sgd, {.batch_size = 300, .threads = 2, .shuffle = false}); });
        CHECK(error.epoch() == 1);
        CHECK(error.step() == 1);
        CHECK(error.layer().empty());
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("step 1 of epoch 1: image 290 holds"));
        CHECK(small::same_bits(net.parameters(), small::net()));
    }
    SECTION("an infinity in an image, in a later step") {
        images[25](0, 0, 0) = std::numeric_limits<float>::infinity();
        // A weight of 0 makes infinity NaN, whatever comes behind.
        const small::Data data(images, labels);
        Net net = small::net();
        net.layer<0>().weight(0, 0, 1, 1) = 0;
        std::vector<float> before;
        const auto error = error_of<LossNotFinite>([&] {
            fit(net, data, SGD{.lr = 0}, {.batch_size = 10, .shuffle = false, .on_step = [&](const StepReport&) {
                                              before.assign(net.parameters().begin(), net.parameters().end());
                                          }});
        });
        CHECK(error.step() == 3);
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("image 25 holds"));
        CHECK(before == std::vector<float>(net.parameters().begin(), net.parameters().end()));
    }
    SECTION("a learning rate that is too large") {
        Net net = small::net();
        std::vector<float> before;
        std::pair<std::size_t, std::size_t> last;
        const auto error = error_of<LossNotFinite>([&] {
            fit(net, good, SGD{.lr = 3e38f}, {.epochs = 5, .batch_size = 100, .on_step = [&](const StepReport& report) {
                                                  before.assign(net.parameters().begin(), net.parameters().end());
                                                  last = {report.epoch, report.step};
                                              }});
        });
        REQUIRE_FALSE(before.empty());
        const auto next = last.second == 3 ? std::pair<std::size_t, std::size_t>{last.first + 1, 1}
                                           : std::pair<std::size_t, std::size_t>{last.first, last.second + 1};
        CHECK(error.epoch() == next.first);
        CHECK(error.step() == next.second);
        CHECK((error.layer() == "0" || error.layer() == "4"));
        CHECK(small::same_bits(before, net.parameters()));
    }
    SECTION("a last step after which there is no loss that could show it") {
        Net net = small::net();
        const auto error = error_of<LossNotFinite>(
            [&] { fit(net, good, SGD{.lr = 3e38f, .weight_decay = 1000}, {.batch_size = 300}); });
        CHECK(error.epoch() == 1);
        CHECK(error.step() == 1);
        CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("the parameters of layer 0 hold"));
    }
    SECTION("the parameters of a layer, and the output of a layer") {
        Net net = small::net();
        net.layer<4>().bias(1) = std::numeric_limits<float>::quiet_NaN();
        const auto parameters = error_of<LossNotFinite>([&] { fit(net, good, sgd); });
        CHECK(parameters.layer() == "4");
        CHECK_THAT(parameters.what(), Catch::Matchers::ContainsSubstring("the parameters of layer 4 hold"));

        using Nested = Sequential<Input<1, 6, 5>, Flatten, Sequential<Linear<30, 4>, ReLU>, Linear<4, 3>>;
        Nested nested{};
        for (float& bias : nested.layer<1>().layer<0>().bias.span()) {
            bias = 2e38f;
        }
        for (float& weight : nested.layer<2>().weight.span()) {
            weight = 2;
        }
        const auto output = error_of<LossNotFinite>([&] { fit(nested, good, sgd); });
        CHECK(output.layer() == "2");
        CHECK_THAT(output.what(), Catch::Matchers::ContainsSubstring("the output of layer 2 holds"));
        for (float& weight : nested.layer<1>().layer<0>().weight.span()) {
            weight = 3e38f;
        }
        CHECK(error_of<LossNotFinite>([&] { fit(nested, good, sgd); }).layer() == "1.0");
    }
}

TEST_CASE("fit may be called from any thread") {
    const small::Data data = small::data(200);
    const FitOptions options{.epochs = 2, .batch_size = 50, .threads = 2};
    const Net expected = fitted(data, options);
    std::array<Net, 3> nets{};
    std::vector<std::thread> threads;
    for (Net& net : nets) {
        threads.emplace_back([&] { net = fitted(data, options); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const Net& net : nets) {
        CHECK(small::same_bits(net.parameters(), expected.parameters()));
    }
}

#ifdef _OPENMP
TEST_CASE("fit may be called inside a parallel region") {
    const small::Data data = small::data(200);
    for (const std::size_t threads : {1u, 2u}) {
        const FitOptions options{.epochs = 2, .batch_size = 50, .threads = threads};
        const Net expected = fitted(data, options);
        std::array<Net, 4> nets{};
        std::array<double, 4> losses{};
#pragma omp parallel num_threads(4)
        {
            const auto member = static_cast<std::size_t>(omp_get_thread_num());
            nets[member] = fitted(data, options);
            losses[member] = evaluate(nets[member], data, threads).loss;
        }
        const double loss = evaluate(expected, data).loss;
        for (std::size_t member = 0; member < 4; ++member) {
            CHECK(small::same_bits(nets[member].parameters(), expected.parameters()));
            CHECK(losses[member] == loss);
        }
        // By one member only: the others do not come to help.
        Net single{};
#pragma omp parallel num_threads(2)
        if (omp_get_thread_num() == 0) {
            single = fitted(data, options);
        }
        CHECK(small::same_bits(single.parameters(), expected.parameters()));
    }
}
#endif

#ifdef _OPENMP
TEST_CASE("fit takes as many threads as OpenMP, or as many as it is told") {
    team::Net net = team::net();
    const auto data = team::data();
    CHECK(team::size_of([&] { fit(net, data, SGD{}); }) == 2);
    CHECK(team::size_of([&] { fit(net, data, SGD{}, {.threads = 3}); }) == 3);
}
#endif

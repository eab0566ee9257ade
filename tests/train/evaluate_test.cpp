// SPDX-License-Identifier: MIT
#include <ctcnn/train/evaluate.hpp>

#include <ctcnn/loss/bce_with_logits.hpp>
#include <ctcnn/loss/mse.hpp>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "catch.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;
using small::Net;

TEST_CASE("evaluate gives the mean loss and the part that is right") {
    const Net net = small::net(3);
    // Fewer than the lanes, as many tiles as one thread takes at once, and a last tile that is not full.
    for (const std::size_t count : {1u, 7u, 64u, 200u}) {
        const small::Data data = small::data(count, 5);
        double loss = 0;
        std::size_t right = 0;
        for (std::size_t n = 0; n < count; ++n) {
            const auto logits = net(data.image(n));
            double sum = 0;
            for (const float logit : logits.values) {
                sum += std::exp(static_cast<double>(logit));
            }
            loss += std::log(sum) - static_cast<double>(logits.values[data.label(n)]);
            right += predict(net, data.image(n)) == data.label(n);
        }
        const Evaluation result = evaluate(net, data);
        // A logit has a rounding of some 1e-7, and the loss no smaller one, however small it is.
        CHECK(result.loss == Approx(loss / static_cast<double>(count)).epsilon(1e-6).margin(1e-6));
        CHECK(result.accuracy == static_cast<double>(right) / static_cast<double>(count));
    }
}

TEST_CASE("evaluate gives the same bits for any number of threads") {
    const Net net = small::net(3);
    const small::Data data = small::data(1001);
    const Evaluation one = evaluate(net, data, 1);
    CHECK(one.accuracy > 0);
    CHECK(one.accuracy < 1);
    for (const std::size_t threads : {0u, 2u, 3u, 4u, 8u}) {
        const Evaluation many = evaluate(net, data, threads);
        CHECK(many.loss == one.loss);
        CHECK(many.accuracy == one.accuracy);
    }
}

#ifdef _OPENMP
TEST_CASE("evaluate works on as many threads as it is told, and on no more than there is work for") {
    std::atomic<int> team_size = 0;
    const auto loss = [&team_size](std::span<const float, 3> outputs, std::uint8_t, std::span<float, 3>) {
        team_size = omp_get_num_threads();
        return outputs[0];
    };
    const Net net = small::net();
    const small::Data data = small::data(1000);
    for (const std::size_t threads : {1u, 2u, 3u}) {
        evaluate(net, data, threads, loss);
        CHECK(team_size == static_cast<int>(threads));
    }
    evaluate(net, small::data(1), 3, loss);
    CHECK(team_size == 1);
}

TEST_CASE("evaluate, predict and infer take as many threads as OpenMP, or as many as they are told") {
    const team::Net net = team::net();
    const auto data = team::data();
    CHECK(team::size_of([&] { evaluate(net, data); }) == 2);
    CHECK(team::size_of([&] { predict(net, data.images()); }) == 2);
    CHECK(team::size_of([&] { predict(net, data.images(), 3); }) == 3);
    CHECK(team::size_of([&] { infer(net, data.images()); }) == 2);
    CHECK(team::size_of([&] { infer(net, data.images(), 3); }) == 3);
}
#endif

static_assert(Evaluation{1, 2}.undefined == 0);

TEST_CASE("evaluate refuses settings of a loss that make no sense") {
    CHECK_THROWS_AS(evaluate(small::net(), small::data(9), 1, CrossEntropyLoss{.label_smoothing = 2}),
                    std::invalid_argument);
    CHECK_THROWS_AS(evaluate(small::net(), small::data(9), 1, CrossEntropyLoss{.weight = {1, 2}}),
                    std::invalid_argument);
}

TEST_CASE("evaluate takes another loss") {
    const Net net = small::net();
    const small::Data data = small::data(9);
    double sum = 0;
    for (std::size_t n = 0; n < 9; ++n) {
        const auto output = net(data.image(n));
        for (std::size_t k = 0; k < 3; ++k) {
            const double difference = static_cast<double>(output(k)) - (k == data.label(n) ? 1 : 0);
            sum += difference * difference / 27;
        }
    }
    CHECK(evaluate(net, data, 1, MSELoss{}).loss == Approx(sum).epsilon(1e-6));
}

TEST_CASE("evaluate refuses an empty data set and a label without output") {
    const Net net = small::net();
    CHECK_THROWS_AS(evaluate(net, small::Data{}), std::invalid_argument);
    CHECK_THROWS_AS(evaluate(net, small::Data({Net::input_tensor{}}, {3})), std::invalid_argument);
    CHECK_NOTHROW(evaluate(net, small::Data({Net::input_tensor{}}, {2})));
}

TEST_CASE("predict gives the index of the largest output, for one image and for many") {
    const Net net = small::net(3);
    const small::Data data = small::data(77);
    const std::vector<std::size_t> all = predict(net, data.images(), 2);
    Workspace<small::Net> workspace;
    REQUIRE(all.size() == 77);
    bool met[3] = {};
    for (std::size_t n = 0; n < 77; ++n) {
        CHECK(all[n] == predict(net, data.image(n)));
        CHECK(all[n] == predict(net, data.image(n), workspace));
        met[all[n]] = true;
    }
    CHECK((met[0] + met[1] + met[2]) >= 2);
    CHECK(predict(net, data.images().first(0)).empty());
}

TEST_CASE("infer gives the outputs for each of many images, the same bits for any number of threads") {
    const Net net = small::net(3);
    const small::Data data = small::data(77);
    const std::vector<Net::output_tensor> one = infer(net, data.images(), 1);
    const std::vector<std::size_t> classes = predict(net, data.images());
    REQUIRE(one.size() == 77);
    for (std::size_t n = 0; n < 77; ++n) {
        const Net::output_tensor outputs = net(data.image(n));
        std::size_t best = 0;
        for (std::size_t k = 0; k < outputs.values.size(); ++k) {
            CHECK(one[n].values[k] == Approx(outputs.values[k]).margin(1e-6));
            best = one[n].values[k] > one[n].values[best] ? k : best;
        }
        CHECK(best == classes[n]);
    }
    CHECK(infer(net, data.images(), 3) == one);
    CHECK(infer(net, data.images().first(0)).empty());
}

TEST_CASE("a single output says 1 where it is above 0, to predict as to evaluate") {
    using One = Sequential<Input<1>, Linear<1, 1>>;
    One net{};
    net.layer<0>().weight(0, 0) = 1;
    const std::vector<One::input_tensor> images{{5}, {-5}, {0}, {std::numeric_limits<float>::quiet_NaN()}};
    const std::vector<std::size_t> all = predict(net, images);
    CHECK(all == std::vector<std::size_t>{1, 0, 0, no_class});
    for (std::size_t n = 0; n < images.size(); ++n) {
        CHECK(predict(net, images[n]) == all[n]);
    }
    const Dataset<One::input_shape> data(images, std::vector{1, 0, 0, 1});
    CHECK(evaluate(net, data, 1, BCEWithLogitsLoss{}).accuracy == 0.75);
}

TEST_CASE("an image to ignore is not undefined, and without others nothing is defined") {
    const Net net = small::net(3);
    std::vector<Net::input_tensor> images(3);
    images[0](0, 0, 0) = images[2](0, 0, 0) = std::numeric_limits<float>::quiet_NaN();
    const auto evaluation = [&](std::vector<int> labels) {
        return evaluate(net, Dataset<Net::input_shape, float, int>(images, labels), 1, CrossEntropyLoss{});
    };
    CHECK(evaluation({1, 1, 1}).undefined == 2);
    CHECK(evaluation({1, 1, -100}).undefined == 1);
    const Evaluation nothing = evaluation({-100, -100, -100});
    CHECK(nothing.undefined == 0);
    CHECK(std::isnan(nothing.loss));
    CHECK(std::isnan(nothing.accuracy));
}

TEST_CASE("of equal outputs the first is predicted") {
    const Net zero{};
    const std::vector<Net::input_tensor> image(1);
    CHECK(predict(zero, image[0]) == 0);
    CHECK(predict(zero, std::span<const Net::input_tensor>(image)) == std::vector<std::size_t>{0});
}

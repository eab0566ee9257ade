// SPDX-License-Identifier: MIT
#include <ctcnn/train/averaged.hpp>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/adamw.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/optim/parameter_groups.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "recipes.hpp"
#include "small.hpp"
#include "team.hpp"

using namespace ctcnn;
using recipes::Net;

namespace {

template <typename Optimizer>
void check(const std::string& name, const Optimizer& optimizer) {
    // The average changes nothing in the training itself.
    recipes::check(name, optimizer, recipes::options());
    Net net = recipes::net();
    Trainer trainer(net, optimizer, recipes::options());
    const Net first = averaged(trainer);
    CHECK(std::ranges::equal(first.parameters(), net.parameters()));
    trainer.fit(recipes::data());
    Net average = averaged(trainer);
    const auto& file = recipes::file();
    golden::check_close(name + " averaged", golden::doubles(average.parameters()), file[name + "_averaged"],
                        recipes::rounding);
    CHECK(std::ranges::equal(average.buffers(), net.buffers()));
    for (const std::size_t threads : {1u, 3u}) {
        update_bn(average, recipes::data(), 10, threads);
        golden::check_close(name + " update_bn", golden::doubles(average.buffers()), file[name + "_update_bn"],
                            recipes::rounding);
        golden::check_close(name + " averaged", golden::doubles(average.parameters()), file[name + "_averaged"],
                            recipes::rounding);
    }
}

}  // namespace

TEST_CASE("the exponential moving average is PyTorch's, and so are its running statistics") {
    check("ema", EMA(AdamW{.lr = 0.01f, .weight_decay = 0.1f}, 0.9));
}

TEST_CASE("the mean of the parameters is PyTorch's, and so are its running statistics") {
    check("swa", SWA(SGD{.lr = 0.1f, .momentum = 0.9f}, 20, 5));
}

TEST_CASE("before its first step, an average is the network") {
    Net net = recipes::net();
    Trainer trainer(net, SWA(SGD{.lr = 0.1f}, 20), {.max_steps = 3, .batch_size = 10});
    trainer.fit(recipes::data());
    const Net average = averaged(trainer);
    CHECK(std::ranges::equal(average.parameters(), net.parameters()));
}

TEST_CASE("the average of what is frozen is what it is") {
    Net net = recipes::net();
    Trainer trainer(net, EMA(ParameterGroups(SGD{.lr = 0.1f}, freeze<"0">()), 0.5), {.batch_size = 10});
    trainer.fit(recipes::data());
    const Net average = averaged(trainer);
    CHECK(std::ranges::equal(average.parameters().first(40), net.parameters().first(40)));
    CHECK_FALSE(std::ranges::equal(average.parameters(), net.parameters()));
}

TEST_CASE("update_bn refuses what cannot be a batch") {
    Net net = recipes::net();
    CHECK_THROWS_AS(update_bn(net, recipes::data(), 0), std::invalid_argument);
    recipes::Data empty;
    empty.pictures.clear();
    empty.classes.clear();
    CHECK_THROWS_AS(update_bn(net, empty), std::invalid_argument);
    // A network without running statistics has nothing to change.
    small::Net plain = small::net();
    update_bn(plain, small::data(10));
    CHECK(small::same_bits(plain, small::net()));
}

TEST_CASE("update_bn takes the labels 0 and 1 of a network with one output") {
    using OneOutput = Sequential<Input<2>, BatchNorm1d<2>, Linear<2, 1>>;
    OneOutput net{};
    initialize(net, XavierUniform{});
    const std::vector<OneOutput::input_tensor> images{{1, 2}, {3, 6}, {5, 1}};
    update_bn(net, Dataset<Shape<2>>(images, std::vector<int>{0, 1, 1}));
    CHECK(net.layer<0>().running_mean(0) == 3);
    CHECK(net.layer<0>().running_mean(1) == 3);
    CHECK(net.layer<0>().running_var(0) == Approx(4));
    CHECK(net.layer<0>().running_var(1) == Approx(7));
    // Numbers as targets are not looked at.
    OneOutput same{};
    initialize(same, XavierUniform{});
    update_bn(same, Dataset<Shape<2>, float, OneOutput::output_tensor>(
                        images, std::vector<OneOutput::output_tensor>{{-30}, {7}, {1e30f}}));
    CHECK(std::ranges::equal(same.buffers(), net.buffers()));
    CHECK_THROWS_AS(update_bn(net, Dataset<Shape<2>>(images, std::vector<int>{0, 1, 2})), std::invalid_argument);
}

TEST_CASE("update_bn draws its dropout as the steps from 1 on") {
    using Dropping = Sequential<Input<4>, Dropout<0.5>, Linear<4, 3>, BatchNorm1d<3>>;
    Dropping net{};
    initialize(net, KaimingUniform{}, 5);
    std::vector<Dropping::input_tensor> images;
    std::vector<std::uint8_t> labels;
    for (std::size_t n = 0; n < 12; ++n) {
        images.push_back({{1, static_cast<float>(n), 2, static_cast<float>(n * n % 7)}});
        labels.push_back(static_cast<std::uint8_t>(n % 3));
    }
    const Dataset<Shape<4>> data(images, labels);
    // One step moves the statistics a tenth of the way from 0 and 1, update_bn all of it.
    const auto moved = value_and_grad(net, CrossEntropyLoss{}, images, labels, Randomness{0, 1}).buffers;
    update_bn(net, data, 12);
    for (std::size_t i = 0; i < 6; ++i) {
        const float before = i < 3 ? 0.0f : 1.0f;
        CHECK(before + 0.1f * (net.buffers()[i] - before) == Approx(moved[i]));
    }
}

#ifdef _OPENMP
TEST_CASE("update_bn takes as many threads as OpenMP, or as many as it is told") {
    team::Net net = team::net();
    const auto data = team::data();
    CHECK(team::size_of([&] { update_bn(net, data); }) == 2);
    CHECK(team::size_of([&] { update_bn(net, data, 64, 3); }) == 3);
}
#endif

TEST_CASE("update_bn refuses a last batch of one image") {
    using Features = Sequential<Input<2>, Linear<2, 3>, BatchNorm1d<3>>;
    Features net{};
    initialize(net, KaimingUniform{});
    const auto update = [&](std::size_t count, std::size_t batch_size) {
        update_bn(net, Dataset<Shape<2>>(std::vector<float>(2 * count), std::vector<std::uint8_t>(count)), batch_size);
    };
    for (const std::size_t batch_size : {2u, 4u}) {
        CHECK_THROWS_AS(update(5, batch_size), std::invalid_argument);
        CHECK_NOTHROW(update(8, batch_size));
    }
    CHECK_THROWS_AS(update(1, 64), std::invalid_argument);
    CHECK_NOTHROW(update(5, 3));
}

TEST_CASE("update_bn takes batches of 64 images") {
    Net net = recipes::net();
    Net other = net;
    const auto some = recipes::data().images();
    std::vector<Net::input_tensor> images;
    for (std::size_t n = 0; n < 130; ++n) {
        images.push_back(some[n % some.size()]);
    }
    const Dataset<Net::input_shape, double> data(std::move(images), std::vector<std::uint8_t>(130));
    update_bn(net, data);
    update_bn(other, data, 64);
    CHECK(std::ranges::equal(net.buffers(), other.buffers()));
    update_bn(other, data, 65);
    CHECK_FALSE(std::ranges::equal(net.buffers(), other.buffers()));
}

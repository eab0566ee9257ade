// SPDX-License-Identifier: MIT
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include <cstddef>
#include <limits>
#include <stdexcept>

#include "catch.hpp"
#include "recipes.hpp"
#include "small.hpp"

using namespace ctcnn;

namespace {
constexpr SGD sgd{.lr = 0.1f, .momentum = 0.9f};
}  // namespace

TEST_CASE("a gradient whose norm is clipped is PyTorch's") {
    FitOptions options = recipes::options();
    options.clip_grad_norm = 0.6f;
    recipes::check("clip_norm", sgd, options);
}

TEST_CASE("a gradient whose elements are clipped is PyTorch's") {
    FitOptions options = recipes::options();
    options.clip_grad_value = 0.01f;
    recipes::check("clip_value", sgd, options);
}

TEST_CASE("limits that no gradient reaches leave the bits as they are") {
    const small::Data data = small::data(100);
    small::Net wanted = small::net();
    fit(wanted, data, sgd, {.epochs = 2, .batch_size = 24});
    for (const std::size_t threads : {1u, 2u, 5u}) {
        small::Net by_norm = small::net();
        fit(by_norm, data, sgd, {.epochs = 2, .batch_size = 24, .threads = threads, .clip_grad_norm = 1e6f});
        CHECK(small::same_bits(by_norm, wanted));
        small::Net by_value = small::net();
        fit(by_value, data, sgd, {.epochs = 2, .batch_size = 24, .threads = threads, .clip_grad_value = 1e6f});
        CHECK(small::same_bits(by_value, wanted));
    }
    small::Net clipped = small::net();
    fit(clipped, data, sgd, {.epochs = 2, .batch_size = 24, .clip_grad_norm = 1e-3f});
    CHECK_FALSE(small::same_bits(clipped, wanted));
}

TEST_CASE("a team of several threads clips as one thread does") {
    const small::Data data = small::data(2000);  // work for six threads in each step
    small::Net wanted = small::net();
    fit(wanted, data, sgd, {.epochs = 50, .batch_size = 2000, .threads = 1, .clip_grad_norm = 0.05f});
    small::Net net = small::net();
    fit(net, data, sgd, {.epochs = 50, .batch_size = 2000, .threads = 6, .clip_grad_norm = 0.05f});
    CHECK(small::same_bits(net, wanted));
}

TEST_CASE("a step by hand is clipped, too") {
    const small::Data data = small::data(20);
    small::Net net = small::net();
    const small::Net before = net;
    Trainer trainer(net, SGD{.lr = 1}, {.clip_grad_norm = 0.5f});
    trainer.step(data);
    double squares = 0;
    for (std::size_t i = 0; i < small::Net::parameter_count; ++i) {
        const double moved = static_cast<double>(net.parameters()[i]) - static_cast<double>(before.parameters()[i]);
        squares += moved * moved;
    }
    CHECK(squares == Approx(0.25).epsilon(1e-4));
}

TEST_CASE("limits below 0, infinite or NaN are refused, and both at once") {
    constexpr float no_number = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    small::Net net = small::net();
    for (const float wrong : {-1.0f, no_number, infinity}) {
        CHECK_THROWS_AS(Trainer(net, sgd, {.clip_grad_norm = wrong}), std::invalid_argument);
        CHECK_THROWS_AS(Trainer(net, sgd, {.clip_grad_value = wrong}), std::invalid_argument);
    }
    CHECK_THROWS_AS(Trainer(net, sgd, {.clip_grad_norm = 1, .clip_grad_value = 1}), std::invalid_argument);
}

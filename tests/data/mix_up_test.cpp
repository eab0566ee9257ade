// SPDX-License-Identifier: MIT
#include <ctcnn/data/mix_up.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

#include <ctcnn/data/transforms.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>

#include "../train/small.hpp"
#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr SGD sgd{.lr = 0.05f, .momentum = 0.9f};
const Normalize<> normalize{.mean = {0.25}, .std = {0.5}};
const MixUp mix_up{.alpha = 0.4};

using Normed = Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, Tanh,
                          MaxPool2d<Kernel<2>>, Flatten, Linear<24, 3>>;

template <typename Net>
Net fresh() {
    Net net{};
    initialize(net, XavierUniform{.gain = 2}, 1);
    return net;
}

/// The images of a step and the probabilities of their classes, mixed before the step; MixUp is the second transform.
struct Mixed {
    std::vector<small::Net::input_tensor> images;
    std::vector<small::Net::output_tensor> targets;
};
Mixed mixed(const small::Data& batch, std::uint64_t seed, std::uint64_t step) {
    const std::size_t count = batch.size();
    std::vector<small::Net::input_tensor> normal(count);
    for (std::size_t n = 0; n < count; ++n) {
        std::ranges::transform(batch.images()[n].span(), normal[n].data(), [](float x) { return (x - 0.25f) / 0.5f; });
    }
    Mixed result{std::vector<small::Net::input_tensor>(count), std::vector<small::Net::output_tensor>(count)};
    for (std::size_t n = 0; n < count; ++n) {
        const auto [partner, share] = mix_up.draw(ImageRandom(seed, step, 1, n), count);
        const auto own = static_cast<float>(share);
        for (std::size_t i = 0; i < normal[n].size(); ++i) {
            result.images[n].data()[i] = own * normal[n].data()[i] + (1 - own) * normal[partner].data()[i];
        }
        result.targets[n](batch.label(n)) += own;
        result.targets[n](batch.label(partner)) += 1 - own;
    }
    return result;
}

/// 331 images: the second batch is smaller, a batch has more than one round, and partners are in other rounds.
template <typename Net>
void check_training() {
    const auto data = small::data(331);
    FitOptions options{.epochs = 2, .batch_size = 300, .seed = 5, .shuffle = false};
    Net direct = fresh<Net>();
    Trainer trainer(direct, sgd, options);
    for (std::uint64_t step = 1; step <= 4; ++step) {
        const Mixed batch = mixed(step % 2 == 1 ? data.subset(0, 300) : data.subset(300, 31), 5, step);
        trainer.step(batch.images, batch.targets);
    }
    const auto pipeline = augmented(data, normalize, mix_up);
    Net net = fresh<Net>();
    fit(net, pipeline, sgd, options);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        // Sums of a few hundred terms of about 1, in another order.
        REQUIRE(net.parameters()[i] == Approx(direct.parameters()[i]).margin(1e-5));
    }
    options.shuffle = true;
    Net one = fresh<Net>();
    fit(one, pipeline, sgd, options);
    for (const std::size_t threads : {1u, 2u, 5u}) {
        options.threads = threads;
        Net other = fresh<Net>();
        fit(other, pipeline, sgd, options);
        INFO(threads << " threads");
        CHECK(small::same_bits(one, other));
    }
}

}  // namespace

TEST_CASE("A training with MixUp is one on images and probabilities that are mixed before, for any number of threads") {
    check_training<small::Net>();
}

TEST_CASE("The same holds for MixUp where a batch goes through a network segment by segment") {
    check_training<Normed>();
}

TEST_CASE("Weights of labels and ignored ones count by the shares of an image and its partner") {
    const auto data = small::data(37);
    const CrossEntropyLoss loss{.weight = {1, 3, 0.5f}, .ignore_index = 2};
    const small::Net net = small::net();
    const Mixed batch = mixed(data, 7, 1);
    double sum = 0;
    double weights = 0;
    for (std::size_t n = 0; n < data.size(); ++n) {
        const auto logits = net(batch.images[n]);
        double powers = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            powers += std::exp(static_cast<double>(logits(k)));
        }
        for (std::size_t k = 0; k < 2; ++k) {
            const double weight = static_cast<double>(batch.targets[n](k)) * (k == 0 ? 1 : 3);
            sum += weight * (std::log(powers) - static_cast<double>(logits(k)));
            weights += weight;
        }
    }
    small::Net trained = net;
    const FitReport report =
        fit(trained, augmented(data, normalize, mix_up), sgd, {.batch_size = 64, .seed = 7, .shuffle = false}, loss);
    CHECK(report.epochs[0].loss == Approx(sum / weights).epsilon(1e-5));
}

TEST_CASE("MixUp may be the only one, and a batch of one image is mixed with itself") {
    const auto data = small::data(5);
    const FitOptions options{.epochs = 2, .batch_size = 1};
    small::Net net = small::net();
    small::Net expected = small::net();
    fit(net, augmented(data, MixUp{}), sgd, options);
    fit(expected, data, sgd, options);
    for (std::size_t i = 0; i < small::Net::parameter_count; ++i) {
        REQUIRE(net.parameters()[i] == Approx(expected.parameters()[i]).margin(1e-5));
    }
}

TEST_CASE("Shares have the beta distribution, and every image of a batch is a partner") {
    constexpr std::size_t count = 20'000;
    const auto below = [](double alpha, double limit) {
        std::size_t found = 0;
        for (std::size_t n = 0; n < count; ++n) {
            const double share = MixUp{.alpha = alpha}.draw(ImageRandom(3, 4, 0, n), 10).share;
            REQUIRE((share > 0 && share < 1));  // neither image vanishes
            found += share < limit ? std::size_t{1} : 0;
        }
        return static_cast<double>(found) / count;
    };
    // Four standard deviations of a part of 20,000 draws are at most 0.0142.
    for (const double x : {0.05, 0.3, 0.5, 0.9}) {
        CHECK(below(0.5, x) == Approx(2 / std::numbers::pi * std::asin(std::sqrt(x))).margin(0.0142));
        CHECK(below(1, x) == Approx(x).margin(0.0142));
        CHECK(below(2, x) == Approx(x * x * (3 - 2 * x)).margin(0.0142));
    }
    CHECK(below(1e-3, 0.5) == Approx(0.5).margin(0.0142));
    CHECK(below(1e6, 0.495) == 0);
    std::array<std::size_t, 10> partners{};
    for (std::size_t n = 0; n < count; ++n) {
        ++partners[MixUp{}.draw(ImageRandom(3, 4, 0, n), 10).partner];
    }
    // 2000 each, with a standard deviation of 42.
    CHECK(std::ranges::all_of(partners, [](std::size_t n) { return n > 1800 && n < 2200; }));
}

TEST_CASE("An alpha that makes no sense is refused") {
    const auto data = small::data(3);
    for (const double alpha : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
        CHECK_THROWS_AS(augmented(data, MixUp{.alpha = alpha}), std::invalid_argument);
    }
}

// SPDX-License-Identifier: MIT
//
// Networks with_precision<bf16>: another type with the same parameters, whose products are rounded in training and
// batched inference where the processor multiplies pairs of bf16. Elsewhere they are those of floats.
#include <ctcnn/train/fit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/mnist.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/loss/mse.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

constexpr bool has_pairs = detail_::has_pair_products<detail_::Lanes<float>>;

template <typename Net>
using Rounded = typename Net::template with_precision<bf16>;

// Convolutions, statistics of the batch, random numbers and a branch; Linear layers alone and at the end.
template <std::size_t In, std::size_t Out>
using Conv = Conv2d<In, Out, Kernel<3>, Padding<1>>;
using Net = Sequential<Input<2, 6, 6>, Conv<2, 4>, BatchNorm2d<4>, ReLU, Residual<Conv<4, 4>, ReLU, Conv<4, 4>>,
                       MaxPool2d<Kernel<2>>, Dropout<0.25>, Flatten, Linear<36, 21>, BatchNorm1d<21>, Tanh,
                       Residual<Linear<21, 21>, Tanh>, Linear<21, 17>, Tanh, Linear<17, 5, NoBias>>;
/// A chain that tiles take together.
using MLP = Sequential<Input<31>, Linear<31, 40>, Tanh, Linear<40, 33>, Tanh, Linear<33, 5>>;

/// Images of a network, each with the label that is the most like it.
template <typename Net>
Dataset<typename Net::input_shape> images_of(std::size_t count) {
    Draw draw(7);
    std::vector<typename Net::input_tensor> images(count);
    std::vector<std::uint8_t> labels(count);
    for (std::size_t n = 0; n < count; ++n) {
        labels[n] = static_cast<std::uint8_t>(draw.whole(0, 4));
        for (std::size_t i = 0; i < images[n].span().size(); ++i) {
            images[n].span()[i] = draw.real(-1.f, 1.f) + (i % 5 == labels[n] ? 1.0f : 0.0f);
        }
    }
    return {images, labels};
}

template <typename Net>
Net initialized(std::uint64_t seed) {
    Net net{};
    initialize(net, KaimingUniform{}, seed);
    return net;
}

template <typename A, typename B>
bool same_bits(const A& a, const B& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
}

/// The distance of two vectors, as a part of the length of the first.
template <typename A, typename B>
double relative_distance(const A& a, const B& b) {
    double distance = 0;
    double length = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        distance += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
        length += std::pow(static_cast<double>(a[i]), 2);
    }
    return std::sqrt(distance / length);
}

}  // namespace

TEST_CASE("a network and the same one with another precision copy each other's state") {
    Rounded<Net> rounded = initialized<Rounded<Net>>(1);
    Net net{};
    initialize(net, XavierUniform{}, 2);
    REQUIRE(!same_bits(net.parameters(), rounded.parameters()));
    net.buffers()[0] = 5;
    CHECK(&(rounded = net) == &rounded);
    CHECK((same_bits(net.parameters(), rounded.parameters()) && same_bits(net.buffers(), rounded.buffers())));
    rounded.parameters()[3] = 7;
    CHECK(&(net = rounded) == &net);
    CHECK((net.parameters()[3] == 7 && same_bits(net.parameters(), rounded.parameters())));
    const Net::output_tensor exact = prepare(net)(Net::input_tensor{});
    const Net::output_tensor prepared = prepare(rounded)(Net::input_tensor{});
    CHECK(same_bits(exact.span(), prepared.span()));
    net = {};
    rounded = {};
    CHECK((net.parameters()[3] == 0 && rounded.parameters()[3] == 0));
}

TEST_CASE("products of many images are those of rounded factors, and of one image those of floats") {
    // 1 + 1/256 is rounded to 1, and 1 + 3/256 to 1 + 4/256. The bias is not rounded.
    using One = Sequential<Input<3>, Linear<3, 2>>;
    Rounded<One> net{};
    net.layer<0>().weight(0, 0) = 1 + 1 / 256.f;
    net.layer<0>().weight(1, 1) = 3;
    net.layer<0>().weight(1, 2) = 1;
    net.layer<0>().bias(0) = 1 / 1024.f;
    std::vector<One::input_tensor> images(37);
    for (std::size_t n = 0; n < images.size(); ++n) {
        images[n] = {static_cast<float>(n), 1 + 3 / 256.f, -1};
    }
    CHECK((net(images[1])(0) == 1 + 5 / 1024.f && net(images[1])(1) == 2 + 9 / 256.f));
    const auto outputs = infer(net, images, 2);
    for (std::size_t n = 0; n < images.size(); ++n) {
        const auto number = static_cast<float>(n);
        CHECK(outputs[n](0) == (has_pairs ? number : number * (1 + 1 / 256.f)) + 1 / 1024.f);
        CHECK(outputs[n](1) == (has_pairs ? 2 + 12 / 256.f : 2 + 9 / 256.f));
    }
    // So is the gradient of the loss, (y - t) / 2 of a mean over two outputs of 37 images, and that of the weight is a
    // sum of products of rounded factors.
    std::vector<One::output_tensor> targets(images.size());
    const auto [loss, gradients] = value_and_grad(net, MSELoss{}, images, targets);
    float expected = 0;
    for (std::size_t n = 0; n < images.size(); ++n) {
        const float gradient = outputs[n](0) / 37;
        expected += has_pairs ? bf16::nearest(gradient).widened() * images[n](0) : gradient * images[n](0);
    }
    CHECK(gradients.layer<0>().weight(0, 0) == Approx(expected).epsilon(1e-5));
}

TEST_CASE("gradients of rounded products are near those of floats") {
    // A gradient goes through the roundings of at most 3 products forward and 3 backward, each of two factors by at most
    // 2^-9 of them: 12 * 2^-9. The roundings differ in sign, so that a quarter of it is left.
    const auto data = images_of<MLP>(77);
    const auto net = initialized<MLP>(3);
    Rounded<MLP> rounded;
    rounded = net;
    const auto exact = value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
    const auto other = value_and_grad(rounded, CrossEntropyLoss{}, data.images(), data.labels());
    CHECK(other.loss == Approx(exact.loss).epsilon(0x1p-9));
    const double distance = relative_distance(exact.gradients.parameters(), other.gradients.parameters());
    CHECK(distance < 3 * 0x1p-9);
    CHECK((distance > 0) == has_pairs);
}

TEST_CASE("in constant expressions, products are those of floats") {
    constexpr auto gradient_of = []<typename N>(N) {
        N net{};
        net.template layer<0>().weight(0, 0) = 1 + 1 / 256.f;
        const std::array<typename N::input_tensor, 1> images{{{3, 5}}};
        const std::array<int, 1> labels{1};
        return value_and_grad(net, CrossEntropyLoss{}, images, labels);
    };
    using Small = Sequential<Input<2>, Linear<2, 2>>;
    constexpr auto rounded = gradient_of(Rounded<Small>{});
    constexpr auto exact = gradient_of(Small{});
    static_assert(rounded.loss == exact.loss &&
                  std::ranges::equal(rounded.gradients.parameters(), exact.gradients.parameters()));
    SUCCEED("checked when compiled");
}

TEMPLATE_TEST_CASE("training gives the same bits for any number of threads", "", Net, MLP) {
    const auto data = images_of<TestType>(301);
    std::vector<std::vector<float>> results;
    std::vector<double> losses;
    for (const std::size_t threads : {1U, 2U, 3U}) {
        auto net = initialized<Rounded<TestType>>(4);
        Trainer trainer(net, SGD{.lr = 0.05f, .momentum = 0.9f}, {.epochs = 2, .batch_size = 90, .threads = threads});
        trainer.fit(data);
        const Rounded<TestType>& trained = net;
        results.emplace_back(trained.parameters().begin(), trained.parameters().end());
        results.back().insert(results.back().end(), trained.buffers().begin(), trained.buffers().end());
        losses.push_back(evaluate(trained, data, threads).loss);
    }
    CHECK((same_bits(results[0], results[1]) && same_bits(results[0], results[2])));
    CHECK((losses[0] == losses[1] && losses[0] == losses[2]));

    // Another training in floats.
    auto net = initialized<TestType>(4);
    fit(net, data, SGD{.lr = 0.05f, .momentum = 0.9f}, {.epochs = 2, .batch_size = 90});
    CHECK(same_bits(net.parameters(), std::span<const float>(results[0]).first(TestType::parameter_count)) !=
          has_pairs);
    CHECK(losses[0] == Approx(evaluate(net, data).loss).epsilon(0.05));
}

TEST_CASE("what is not finite is found") {
    const auto data = images_of<MLP>(50);
    auto net = initialized<Rounded<MLP>>(5);
    net.layer<4>().weight(1, 1) = std::numeric_limits<float>::max();
    net.layer<4>().weight(1, 2) = std::numeric_limits<float>::max();
    net.layer<2>().bias(1) = net.layer<2>().bias(2) = 100;
    try {
        fit(net, data, SGD{.lr = 0.1f});
        FAIL("no exception");
    } catch (const LossNotFinite& error) {
        CHECK(std::string(error.what()).find("the output of layer 4 ") != std::string::npos);
    }
}

TEST_CASE("a network with rounded products learns as well") {
    using Digits = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 48>, ReLU, Linear<48, 10>>;
    const auto train_set = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(12000);
    const auto test_set = load_mnist(CTCNN_MNIST_FOLDER, Split::test);
    const auto accuracy_of = [&](auto net) {
        fit(net, train_set, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 64});
        return evaluate(net, test_set).accuracy;
    };
    const double exact = accuracy_of(initialized<Digits>(6));
    const double rounded = accuracy_of(initialized<Rounded<Digits>>(6));
    CHECK(exact > 0.9);
    CHECK(std::abs(exact - rounded) < 0.003);
}

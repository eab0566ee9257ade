// SPDX-License-Identifier: MIT
//
// Training gives the same bits for any number of threads. This file is also compiled with -ffast-math, where compilers
// add in another order than the source says.
#include <ctcnn/train/fit.hpp>

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/sequential.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/evaluate.hpp>

#include "catch.hpp"
#include "draw.hpp"

using namespace ctcnn;

namespace {

// Filtered and direct convolutions, both poolings, and Linear layers that several tiles take together.
using Net =
    Sequential<Input<1, 12, 12>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
               Conv2d<6, 8, Kernel<3>>, Tanh, MaxPool2d<Kernel<2>>, Flatten, Linear<32, 24>, ReLU, Linear<24, 5>>;

const Dataset<Net::input_shape>& data() {
    static const Dataset<Net::input_shape> set = [] {
        Draw draw(5);
        std::vector<Net::input_tensor> images(480);
        std::vector<std::uint8_t> labels(480);
        for (std::size_t n = 0; n < images.size(); ++n) {
            labels[n] = static_cast<std::uint8_t>(draw.whole(0, 4));
            for (float& pixel : images[n].span()) {
                pixel = draw.real(-1.f, 1.f) + static_cast<float>(labels[n]);
            }
        }
        return Dataset<Net::input_shape>(images, labels);
    }();
    return set;
}

// Branches, statistics of the batch in two places at once, and random numbers.
using ResNet =
    Sequential<Input<1, 12, 12>, Conv2d<1, 4, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<4>, ReLU,
               Residual<Conv2d<4, 6, Kernel<3>, Padding<1>, Stride<2>, NoBias>, BatchNorm2d<6>, Dropout2d<0.25>,
                        Shortcut<Conv2d<4, 6, Kernel<1>, Stride<2>, NoBias>, BatchNorm2d<6>>>,
               ReLU, Concat<MaxPool2d<Kernel<2>>, AvgPool2d<Kernel<2>>>, Flatten, Dropout<>, Linear<108, 5>>;

template <typename Network = Net, typename Optimizer>
Network trained(const Optimizer& optimizer, std::size_t batch_size, std::size_t threads) {
    Network net{};
    initialize(net, KaimingUniform{});
    fit(net, data(), optimizer, {.epochs = 2, .batch_size = batch_size, .threads = threads});
    return net;
}

template <typename Network>
bool same(const Network& a, const Network& b) {
    return std::memcmp(a.parameters().data(), b.parameters().data(), Network::parameter_bytes) == 0 &&
           std::memcmp(a.buffers().data(), b.buffers().data(), Network::buffer_count * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("the same bits for any number of threads") {
    for (const std::size_t batch_size : {7u, 33u, 96u, 480u}) {
        const Net one = trained(SGD{.lr = 0.1f, .momentum = 0.9f}, batch_size, 1);
        const Net adam = trained(Adam{}, batch_size, 1);
        const Evaluation expected = evaluate(one, data(), 1);
        for (const std::size_t threads : {2u, 3u, 5u, 8u}) {
            INFO("batch size " << batch_size << ", " << threads << " threads");
            CHECK(same(trained(SGD{.lr = 0.1f, .momentum = 0.9f}, batch_size, threads), one));
            CHECK(same(trained(Adam{}, batch_size, threads), adam));
            const Evaluation evaluation = evaluate(one, data(), threads);
            CHECK(std::memcmp(&evaluation.loss, &expected.loss, sizeof(double)) == 0);
            CHECK(evaluation.accuracy == expected.accuracy);
        }
    }
}

TEST_CASE("the same bits with branches, batch norm and dropout") {
    for (const std::size_t batch_size : {7u, 33u, 96u, 480u}) {
        const ResNet one = trained<ResNet>(SGD{.lr = 0.1f, .momentum = 0.9f}, batch_size, 1);
        const Evaluation expected = evaluate(one, data(), 1);
        for (const std::size_t threads : {2u, 3u, 5u, 8u}) {
            INFO("batch size " << batch_size << ", " << threads << " threads");
            CHECK(same(trained<ResNet>(SGD{.lr = 0.1f, .momentum = 0.9f}, batch_size, threads), one));
            const Evaluation evaluation = evaluate(one, data(), threads);
            CHECK(std::memcmp(&evaluation.loss, &expected.loss, sizeof(double)) == 0);
        }
    }
}

TEST_CASE("the same bits for any number of threads, whatever the caller's rounding mode is") {
    trained(SGD{.lr = 0.1f}, 96, 2);  // The threads are there from now on, with the arithmetic of now.
    const Net nearest = trained(SGD{.lr = 0.1f}, 96, 1);
    for (const int mode : {FE_TOWARDZERO, FE_UPWARD}) {
        std::fesetround(mode);
        const Net one = trained(SGD{.lr = 0.1f}, 96, 1);
        const Net two = trained(SGD{.lr = 0.1f}, 96, 2);
        std::fesetround(FE_TONEAREST);
        CHECK(same(one, two));
        CHECK_FALSE(same(one, nearest));
    }
}

TEST_CASE("what callbacks do to the arithmetic has no effect on the training") {
    const auto run = [](std::size_t threads, bool change) {
        Net net{};
        initialize(net, KaimingUniform{});
        fit(net, data(), SGD{.lr = 0.1f}, {.batch_size = 96, .threads = threads, .on_step = [&](const StepReport&) {
                                               if (change) {
                                                   std::fesetround(FE_TOWARDZERO);
                                               }
                                           }});
        std::fesetround(FE_TONEAREST);
        return net;
    };
    const Net expected = run(1, false);
    CHECK(same(run(1, true), expected));
    CHECK(same(run(2, true), expected));
}

// SPDX-License-Identifier: MIT
//
// Each transform, MixUp, data sets that draw their images, and layers that draw numbers or have statistics, saved after
// some steps and resumed.
#include <ctcnn/io/checkpoint.hpp>

#include <ctcnn/data/augment.hpp>
#include <ctcnn/data/folds.hpp>
#include <ctcnn/data/mix_up.hpp>
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/group_norm.hpp>
#include <ctcnn/optim/sgd.hpp>

#include <cstdint>

#include "../train/small.hpp"
#include "catch.hpp"
#include "resumed.hpp"

using namespace ctcnn;

namespace {

constexpr SGD sgd{.lr = 0.05f, .momentum = 0.9f};
const Normalize<> normalize{.mean = {0.25}, .std = {0.5}};

/// A transform that does not act would prove nothing.
template <typename... Transforms>
void check(const Transforms&... transforms) {
    const small::Data data = small::data(60);
    const auto found =
        resumed::check(small::net(), small::net(9), augmented(data, transforms...), sgd, resumed::options());
    small::Net plain = small::net();
    Trainer(plain, sgd, resumed::options()).fit(data);
    CHECK_FALSE(small::same_bits(found, plain));
}

template <typename Net>
Net fresh(std::uint64_t seed) {
    Net net{};
    initialize(net, XavierUniform{}, seed);
    return net;
}

}  // namespace

TEST_CASE("each transform goes on where it was") {
    check(normalize);
    check(RandomAffine{.degrees = 20, .translate = {0.2, 0.2}, .scale = {0.8, 1.2}, .shear = 10});
    check(ElasticTransform{.alpha = 4, .sigma = 1});
    check(RandomHorizontalFlip{});
    check(RandomCrop{.padding = 1});
    check(RandomErasing{.p = 1});
    check(GaussianNoise{.sigma = 0.5});
}

TEST_CASE("MixUp goes on where it was, alone and behind another transform") {
    check(MixUp{.alpha = 0.4});
    check(RandomHorizontalFlip{}, normalize, MixUp{.alpha = 0.4});
}

TEST_CASE("images that are drawn by class, in order, or augmented go on where they were") {
    const small::Data data = small::data(60);
    const ClassBalanced balanced(data);
    resumed::check(small::net(), small::net(9), balanced, sgd, resumed::options());
    resumed::check(small::net(), small::net(9), augmented(balanced, RandomHorizontalFlip{}), sgd, resumed::options());
    FitOptions in_order = resumed::options();
    in_order.shuffle = false;
    resumed::check(small::net(), small::net(9), data, sgd, in_order);
    in_order.max_steps = 18;
    in_order.epochs = 9;
    resumed::check(small::net(), small::net(9), data, sgd, in_order);
}

TEST_CASE("statistics of layers and drawn numbers go on where they were") {
    using Normed =
        Sequential<Input<1, 6, 5>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, Tanh, Dropout2d<0.25>,
                   MaxPool2d<Kernel<2>>, GroupNorm<2, 4>, Flatten, Dropout<0.5>, Linear<24, 3>>;
    const small::Data data = small::data(60);
    resumed::check(fresh<Normed>(1), fresh<Normed>(9), data, sgd, resumed::options());
    resumed::check(fresh<Normed>(1), fresh<Normed>(9), augmented(data, MixUp{.alpha = 0.4}), sgd, resumed::options());
}

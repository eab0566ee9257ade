// SPDX-License-Identifier: MIT
// Prepared networks compute what their networks do: chains.
#include <ctcnn/run/prepared.hpp>

#include <ctcnn/inference.hpp>

#include <cstddef>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;
using prepared::check;
using prepared::check_both;
using prepared::Conv3;

TEST_CASE("A prepared chain computes what its network does") {
    check<Sequential<Input<3, 12, 12>, Conv2d<3, 20, Kernel<3>>, ReLU, Conv2d<20, 24, Kernel<3>>, ReLU,
                     MaxPool2d<Kernel<2>>, Flatten, Linear<384, 40>, ReLU, Linear<40, 10>>>();
    check_both<
        Sequential<Input<3, 11, 9>, Conv3<3, 16>, BatchNorm2d<16>, ReLU, Conv3<16, 32, NoBias>, BatchNorm2d<32>, ReLU,
                   MaxPool2d<Kernel<2>>, Conv3<32, 16>, ReLU, AvgPool2d<Kernel<2>>, Flatten, Linear<64, 3>>>();
    // Planes that share sets of the cache, in blocks and in one.
    check<Sequential<Input<16, 32, 16>, Conv2d<16, 32, Kernel<1>>, ReLU, Conv2d<32, 16, Kernel<1>>>>();
}

TEST_CASE("A prepared network of one layer") {
    check<Sequential<Input<5>, Linear<5, 3>>>();
    check<Sequential<Input<64>, Linear<64, 32, NoBias>>>();
    check<Sequential<Input<3, 8, 8>, Conv2d<3, 7, Kernel<3>>>>();
    check<Sequential<Input<32, 8, 8>, Conv3<32, 32>>>();
    check<Sequential<Input<4, 6, 6>, MaxPool2d<Kernel<2>>>>();
    check<Sequential<Input<4, 6, 6>, ReLU>>();
    check<Sequential<Input<4, 6, 6>, Flatten>>();
    check<Sequential<Input<4, 6, 6>, BatchNorm2d<4>>>();
    check<Sequential<Input<4, 6, 6>, Residual<Identity>>>();
    check<Sequential<Input<5, 7>, Conv1d<5, 3, Kernel<3>>>>();
}

TEST_CASE("Pools") {
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, MaxPool2d<Kernel<2>>, ReLU, Conv3<20, 20>, Tanh,
                     AvgPool2d<Kernel<2>>, Conv3<20, 17>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>, Conv3<20, 20>,
                     AvgPool2d<Kernel<3>, Stride<1>, Padding<1>>, Conv3<20, 8>, AvgPool2d<Kernel<2>, CeilMode>,
                     MaxPool2d<Kernel<2>, CeilMode>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, NoCountPadding>,
                     Conv3<20, 8>, AdaptiveAvgPool2d<3, 2>>>();
    check<Sequential<Input<3, 12, 12>, Conv3<3, 32>, ReLU, AdaptiveAvgPool2d<6>, Conv3<32, 20>, ReLU,
                     AdaptiveAvgPool2d<1>, Flatten, Linear<20, 4>>>();
    // A pooling that is not the only reader.
    check<Sequential<Input<3, 8, 8>, Conv3<3, 16>, ReLU,
                     Add<MaxPool2d<Kernel<2>>, Conv2d<16, 16, Kernel<2>, Stride<2>>>, Conv3<16, 4>>>();
}

TEST_CASE("What is between packed parts is zero") {
    // Parameters and running statistics of layers that run as in net(x), each behind whole cache lines.
    using Net = Sequential<Input<17, 2, 2>, PReLU<17>, GroupNorm<1, 17>>;
    using Plan = Prepared<Net>::plan;
    const auto packed = std::make_unique<detail_::run::PackedWeights<Plan>>();
    packed->numbers.fill(-1);
    const Net net = prepared::drawn<Net>();
    detail_::run::pack<Plan>(net.parameters().data(), net.buffers().data(), *packed);
    const auto& numbers = packed->numbers;
    REQUIRE(numbers.size() == 32 + 48);
    CHECK(std::equal(numbers.begin(), numbers.begin() + 17, net.parameters().begin()));
    CHECK(std::equal(numbers.begin() + 32, numbers.begin() + 66, net.parameters().begin() + 17));
    CHECK(std::count(numbers.begin() + 17, numbers.begin() + 32, 0.0f) == 15);
    CHECK(std::count(numbers.begin() + 66, numbers.end(), 0.0f) == 14);
}

TEST_CASE("Sequences") {
    check<Sequential<Input<4, 50>, Conv1d<4, 16, Kernel<5>, Padding<2>>, ReLU, MaxPool1d<Kernel<2>>,
                     Conv1d<16, 40, Kernel<3>>, ReLU, Flatten, Linear<920, 6>>>();
    check<Sequential<Input<20, 30>, Conv1d<20, 20, Kernel<3>, Groups<20>, Padding<1>>, Conv1d<20, 40, Kernel<1>>, ReLU,
                     Conv1d<40, 8, Kernel<3>, Stride<2>, Dilation<2>>>>();
}

// SPDX-License-Identifier: MIT
// What a network holds: parameters and behind them buffers, and the views of both.
#include <ctcnn/model/parameters.hpp>

#include <algorithm>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<
    Input<1, 4, 4>, Conv2d<1, 2, Kernel<3>, Padding<1>>, BatchNorm2d<2>,
    Residual<Conv2d<2, 2, Kernel<1>, NoBias>, BatchNorm2d<2, NoAffine>, Shortcut<Named<"norm", BatchNorm2d<2>>>>,
    Flatten, Linear<32, 2>>;

template <typename View>
concept HasWeight = requires(View view) { view.weight; };
template <typename View>
concept HasRunning = requires(View view) { view.running_mean; };

}  // namespace

static_assert(Net::parameter_count == 20 + 4 + 4 + 4 + 66 && Net::buffer_count == 12);
static_assert(std::is_trivially_copyable_v<Net> && sizeof(Net) >= 4 * (Net::parameter_count + Net::buffer_count));

// Up to 256 KiB of parameters and running statistics lie in the network.
using Most = Sequential<Input<256>, Linear<256, 256, NoBias>>;
static_assert(Most::parameter_bytes == 256 * 1024 && sizeof(Most) == 256 * 1024 && std::is_trivially_copyable_v<Most>);
static_assert(!std::is_trivially_copyable_v<Sequential<Input<257>, Linear<257, 256, NoBias>>>);
static_assert(!std::is_trivially_copyable_v<Sequential<Input<256>, Linear<256, 256, NoBias>, BatchNorm1d<256>>>);

TEST_CASE("views of weights and running statistics") {
    Net net{};
    const auto first = net.layer<1>();
    STATIC_REQUIRE(HasWeight<decltype(first)> && HasRunning<decltype(first)>);
    CHECK(first.weight.data() == net.parameters().data() + 20);
    CHECK(first.running_mean.data() == net.buffers().data());
    CHECK(first.running_var.data() == net.buffers().data() + 2);

    const auto second = net.layer<2>().layer<1>();
    STATIC_REQUIRE(!HasWeight<decltype(second)> && HasRunning<decltype(second)>);
    CHECK(second.running_var.data() == net.buffers().data() + 6);

    const auto third = net.layer<2>().layer<2>().layer<"norm">();
    CHECK(third.weight.data() == net.parameters().data() + 28);
    CHECK(third.running_mean.data() == net.buffers().data() + 8);
    CHECK(net.layer<2>().layer<"shortcut">().layer<0>().bias.data() == net.parameters().data() + 30);

    STATIC_REQUIRE(!HasRunning<decltype(net.layer<0>())> && HasWeight<decltype(net.layer<4>())>);
    CHECK(net.layer<4>().weight.data() == net.parameters().data() + 32);
}

TEST_CASE("a copy has buffers of its own, and gradients have none") {
    Net net{};
    std::fill(net.buffers().begin(), net.buffers().end(), 3.0f);
    Net copy = net;
    copy.buffers()[11] = 4;
    CHECK(net.buffers()[11] == 3);
    CHECK(copy.buffers()[0] == 3);
    Gradients<Net> gradients{};
    CHECK(gradients.parameters().size() == Net::parameter_count);
    CHECK(gradients.buffers().empty());
    CHECK(gradients.layer<2>().layer<0>().weight.data() == gradients.parameters().data() + 24);
}

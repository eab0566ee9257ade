// SPDX-License-Identifier: MIT
// The shapes of ZeroPad2d, and what it does in a network. Its numbers are in tests/train/golden_layers_test.cpp, its
// gradient in gradient_test.cpp.
#include <ctcnn/layers/pad2d.hpp>

#include <string>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

static_assert(ZeroPad2d<1, 2, 0, 3>::At<Shape<2, 5, 7>>::output_shape{} == Shape<2, 8, 10>{});
static_assert(ZeroPad2d<3>::At<Shape<2, 5, 7>>::output_shape{} == Shape<2, 11, 13>{});
static_assert(ZeroPad2d<0>::At<Shape<2, 5, 7>>::output_shape{} == Shape<2, 5, 7>{});
static_assert(!Accepts<ZeroPad2d<1>, Shape<8>> && !Accepts<ZeroPad2d<1>, Shape<1, 2, 3, 4>>);
static_assert(!Accepts<ZeroPad2d<2147483648>, Shape<1, 1, 1>> && !Accepts<ZeroPad2d<2147483647>, Shape<1, 1, 1>>);

// In constant expressions; a function behind it is applied to the zeros, too.
constexpr Sequential<Input<1, 1, 2>, ZeroPad2d<1, 0, 0, 1>> padded{};
static_assert((ZeroPad2d<2147483647>::check)(Shape<1, 1, 1>{}) == Mismatch{});
static_assert(padded({1, 2}) == Tensor<float, Shape<1, 2, 3>>{0, 1, 2, 0, 0, 0});
constexpr Sequential<Input<1, 1, 1>, ZeroPad2d<0, 1, 0, 0>, Sigmoid> halves{};
static_assert(halves({0}) == Tensor<float, Shape<1, 1, 2>>{0.5f, 0.5f});
// Padding of a pool that PyTorch's MaxPool2d cannot have: zeros, and at one side.
constexpr Sequential<Input<1, 1, 2>, ZeroPad2d<1, 1, 0, 0>, MaxPool2d<Kernel<1, 2>>> pooled{};
static_assert(pooled({-1, -2}) == Tensor<float, Shape<1, 1, 2>>{0, 0});

}  // namespace

TEST_CASE("ZeroPad2d is described as in PyTorch") {
    Description four;
    ZeroPad2d<1, 2, 0, 3>::describe(four);
    CHECK(std::string(four.view()) == "ZeroPad2d((1, 2, 0, 3))");
    Description one;
    ZeroPad2d<2>::describe(one);
    CHECK(std::string(one.view()) == "ZeroPad2d((2, 2, 2, 2))");
}

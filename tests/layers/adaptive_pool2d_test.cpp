// SPDX-License-Identifier: MIT
// The shapes of AdaptiveAvgPool2d, and which windows it has. Its numbers are in tests/train/golden_layers_test.cpp, its
// gradient in gradient_test.cpp.
#include <ctcnn/layers/adaptive_pool2d.hpp>

#include <string>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L, typename S>
using Output = typename L::template At<S>::output_shape;

template <typename L>
std::string described() {
    Description text;
    L::describe(text);
    return std::string(text.view());
}

static_assert(Output<AdaptiveAvgPool2d<1>, Shape<64, 7, 9>>{} == Shape<64, 1, 1>{});
static_assert(Output<AdaptiveAvgPool2d<3, 2>, Shape<2, 7, 4>>{} == Shape<2, 3, 2>{});
static_assert(Output<AdaptiveAvgPool2d<7>, Shape<2, 3, 10>>{} == Shape<2, 7, 7>{});
static_assert(!Accepts<AdaptiveAvgPool2d<1>, Shape<8>> && !Accepts<AdaptiveAvgPool2d<0, 1>, Shape<1, 1, 1>>);
static_assert(!Accepts<AdaptiveAvgPool2d<2147483648>, Shape<1, 1, 1>>);

// Where the sizes divide, the windows are those of AvgPool2d.
static_assert(AdaptiveAvgPool2d<2, 3>::At<Shape<1, 8, 9>>::window == Window{.kernel = {4, 3}, .stride = {4, 3}});
static_assert(AdaptiveAvgPool2d<1>::At<Shape<1, 8, 9>>::window == Window{.kernel = {8, 9}, .stride = {8, 9}});

// Where they do not, too, a prepared network has a kernel, which follows others.
static_assert(AdaptiveAvgPool2d<2, 3>::At<Shape<1, 7, 9>>::prepared<16>.offered &&
              AdaptiveAvgPool2d<2, 3>::At<Shape<1, 7, 9>>::prepared<16>.follows);
static_assert(AdaptiveAvgPool2d<2, 3>::At<Shape<1, 8, 9>>::prepared<16>.offered);

// In constant expressions: 5 pixels in 2 windows share the one in the middle; 2 pixels in 3 windows are repeated.
constexpr Sequential<Input<2, 1, 2>, AdaptiveAvgPool2d<1>> means{};
static_assert(means({1, 3, 5, 9}) == Tensor<float, Shape<2, 1, 1>>{2, 7});
constexpr Sequential<Input<1, 1, 5>, AdaptiveAvgPool2d<1, 2>> shared{};
static_assert([] {
    constexpr auto output = shared({3, 6, 9, 12, 15});
    constexpr float bound = 12 * 0x1p-22f;  // of 1/3, its products and their sum
    return output(0, 0, 0) - 6 < bound && 6 - output(0, 0, 0) < bound && output(0, 0, 1) - 12 < bound &&
           12 - output(0, 0, 1) < bound;
}());
constexpr Sequential<Input<1, 1, 2>, AdaptiveAvgPool2d<1, 3>> repeated{};
static_assert(repeated({2, 4}) == Tensor<float, Shape<1, 1, 3>>{2, 3, 4});

}  // namespace

TEST_CASE("AdaptiveAvgPool2d is described as in PyTorch") {
    CHECK(described<AdaptiveAvgPool2d<1>>() == "AdaptiveAvgPool2d(output_size=1)");
    CHECK(described<AdaptiveAvgPool2d<3, 2>>() == "AdaptiveAvgPool2d(output_size=(3, 2))");
}

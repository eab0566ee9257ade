// SPDX-License-Identifier: MIT
// The shapes and options of Upsample. Its numbers are in tests/train/golden_layers_test.cpp, its gradient in
// gradient_test.cpp.
#include <ctcnn/layers/upsample.hpp>

#include <string>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename L>
std::string described() {
    Description text;
    L::describe(text);
    return std::string(text.view());
}

static_assert(Upsample<Scale<2>>::At<Shape<2, 5, 7>>::output_shape{} == Shape<2, 10, 14>{});
static_assert(Upsample<Bilinear, Scale<3, 1>>::At<Shape<2, 5, 7>>::output_shape{} == Shape<2, 15, 7>{});
static_assert(!Accepts<Upsample<Scale<2>>, Shape<8>> && !Accepts<Upsample<>, Shape<1, 1, 1>>);
static_assert(!Accepts<Upsample<Scale<2>, Nearest, Nearest>, Shape<1, 1, 1>>);
static_assert(!Accepts<Upsample<Scale<2147483648>>, Shape<1, 1, 1>>);
static_assert(!Accepts<Upsample<Scale<2147483647>>, Shape<1, 4, 4>>);

// In constant expressions, the figures of a textbook.
constexpr Sequential<Input<1, 2, 2>, Upsample<Scale<2>>> nearest{};
static_assert(nearest({1, 2, 3, 4}) == Tensor<float, Shape<1, 4, 4>>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
constexpr Sequential<Input<1, 2, 2>, Upsample<Scale<2>, Bilinear>> bilinear{};
static_assert(bilinear({0, 4, 8, 12}) ==
              Tensor<float, Shape<1, 4, 4>>{0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12});

}  // namespace

TEST_CASE("Upsample is described as in PyTorch") {
    CHECK(described<Upsample<Scale<2>>>() == "Upsample(scale_factor=2.0, mode='nearest')");
    CHECK(described<Upsample<Bilinear, Scale<2, 3>>>() == "Upsample(scale_factor=(2.0, 3.0), mode='bilinear')");
}

// SPDX-License-Identifier: MIT
// The shapes and options of pooling layers. Their numbers are in tests/train/golden_layers_test.cpp, their gradients in
// gradient_test.cpp.
#include <ctcnn/layers/pool2d.hpp>

#include <string>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/text.hpp>
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

// The shapes that PyTorch 2.13 gives with and without ceil_mode.
static_assert(Output<MaxPool2d<Kernel<2>>, Shape<2, 5, 6>>{} == Shape<2, 2, 3>{});
static_assert(Output<MaxPool2d<Kernel<2>, CeilMode>, Shape<2, 5, 6>>{} == Shape<2, 3, 3>{});
static_assert(Output<MaxPool2d<CeilMode, Kernel<3>, Stride<2>>, Shape<64, 54, 54>>{} == Shape<64, 27, 27>{});
static_assert(Output<AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, CeilMode>, Shape<1, 6, 7>>{} == Shape<1, 4, 4>{});
static_assert(Output<AvgPool2d<Kernel<2>, Stride<3>, Padding<1>, CeilMode>, Shape<1, 4, 5>>{} == Shape<1, 2, 2>{});
static_assert(Output<AvgPool2d<Kernel<3>, CeilMode, NoCountPadding>, Shape<1, 1, 2>>{} == Shape<1, 1, 1>{});

// A kernel may be larger than the image by less than its stride.
static_assert(Accepts<MaxPool2d<Kernel<3>, CeilMode>, Shape<1, 1, 1>>);
static_assert(!Accepts<MaxPool2d<Kernel<3>, Stride<2>, CeilMode>, Shape<1, 1, 1>>);
static_assert(!Accepts<MaxPool2d<Kernel<3>>, Shape<1, 1, 1>>);
static_assert(!Accepts<MaxPool2d<Kernel<3>, NoCountPadding>, Shape<1, 3, 3>>);

// Where no window hangs over and no padding is left out, the layers are those without the options.
using Plain = AvgPool2d<Kernel<2>>::At<Shape<1, 4, 6>>;
using Same = AvgPool2d<Kernel<2>, CeilMode, NoCountPadding>::At<Shape<1, 4, 6>>;
static_assert(Same::window == Plain::window && Same::even && Same::counts_padding);
static_assert(!AvgPool2d<Kernel<2>, CeilMode>::At<Shape<1, 5, 6>>::even);
static_assert(!AvgPool2d<Kernel<2>, Padding<1>, NoCountPadding>::At<Shape<1, 4, 6>>::even);
static_assert(MaxPool2d<Kernel<2>, CeilMode>::At<Shape<1, 4, 6>>::saved_size == 0);

// What a prepared network knows of them: windows of 2 x 2 pixels side by side, all of them whole, may be pooled by the
// convolution before.
template <typename L, typename S>
constexpr PreparedFacts facts = L::template At<S>::template prepared<16>;
template <typename L, Pooling P, typename S = Shape<2, 5, 6>>
constexpr bool pools = facts<L, S>.offered && facts<L, S>.follows && facts<L, S>.pooling == P;
static_assert(pools<MaxPool2d<Kernel<2>>, Pooling::max2x2> && pools<AvgPool2d<Kernel<2>>, Pooling::average2x2>);
static_assert(pools<MaxPool2d<Kernel<2>, CeilMode>, Pooling::max2x2, Shape<2, 4, 6>>);
static_assert(pools<MaxPool2d<Kernel<2>, CeilMode>, Pooling::none> &&
              pools<AvgPool2d<Kernel<2>, CeilMode>, Pooling::none, Shape<2, 4, 5>>);
static_assert(pools<MaxPool2d<Kernel<3>, Stride<2>>, Pooling::none, Shape<2, 5, 7>> &&
              pools<AvgPool2d<Kernel<3>, Stride<2>>, Pooling::none, Shape<2, 5, 7>>);
static_assert(pools<MaxPool2d<Kernel<2>, Stride<1>>, Pooling::none, Shape<2, 2, 2>> &&
              pools<AvgPool2d<Kernel<2>, Stride<1>>, Pooling::none, Shape<2, 2, 2>>);
static_assert(pools<MaxPool2d<Kernel<2>, Padding<1>>, Pooling::none, Shape<2, 4, 4>>);

// Half the kernel is the most padding, on each axis.
static_assert(Accepts<MaxPool2d<Kernel<2, 4>, Padding<1, 2>>, Shape<1, 4, 4>>);
static_assert((MaxPool2d<Kernel<2, 4>, Padding<2, 1>>::check)(Shape<1, 4, 4>{}) == Mismatch{Reason::pooling_padding});
static_assert((MaxPool2d<Kernel<4, 2>, Padding<1, 2>>::check)(Shape<1, 4, 4>{}) == Mismatch{Reason::pooling_padding});

// In constant expressions: the mean of the last pixel alone, and of 0 (padding) and 2.
constexpr Sequential<Input<1, 1, 3>, AvgPool2d<Kernel<1, 2>, CeilMode>> last{};
static_assert(last({2, 4, 9}) == Tensor<float, Shape<1, 1, 2>>{3, 9});
constexpr Sequential<Input<1, 1, 2>, AvgPool2d<Kernel<1, 2>, Padding<0, 1>, Stride<1>>> counted{};
constexpr Sequential<Input<1, 1, 2>, AvgPool2d<Kernel<1, 2>, Padding<0, 1>, Stride<1>, NoCountPadding>> uncounted{};
static_assert(counted({2, 6}) == Tensor<float, Shape<1, 1, 3>>{1, 4, 3});
static_assert(uncounted({2, 6}) == Tensor<float, Shape<1, 1, 3>>{2, 4, 6});
constexpr Sequential<Input<1, 1, 3>, MaxPool2d<Kernel<1, 2>, CeilMode>> largest{};
static_assert(largest({2, 4, -9}) == Tensor<float, Shape<1, 1, 2>>{4, -9});

}  // namespace

TEST_CASE("pools are described with the options that differ from PyTorch's defaults") {
    CHECK(described<MaxPool2d<Kernel<2>>>() == "MaxPool2d(kernel_size=2)");
    CHECK(described<MaxPool2d<Kernel<3, 2>, CeilMode>>() == "MaxPool2d(kernel_size=(3, 2), ceil_mode=True)");
    CHECK(described<AvgPool2d<NoCountPadding, Kernel<3>, Stride<2>, Padding<1>>>() ==
          "AvgPool2d(kernel_size=3, stride=2, padding=1, count_include_pad=False)");
}

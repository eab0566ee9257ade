// SPDX-License-Identifier: MIT
#include <ctcnn/model/block.hpp>

#include <type_traits>

#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using Inner = Sequential<BatchNorm2d<4>, ReLU>;
using Block = Sequential<Conv2d<2, 4, Kernel<3>>, Inner, Flatten, Linear<144, 5>>;
using Bound = Block::At<Shape<2, 8, 8>>;

static_assert(std::is_same_v<Bound::layer, Block> && Bound::kind == LayerKind::block);
static_assert(std::is_same_v<Bound::input_shape, Shape<2, 8, 8>> && std::is_same_v<Bound::output_shape, Shape<5>>);
static_assert(Bound::layers::size == 4 && Bound::label == "Sequential");

// Sums over the layers, with those of the block inside.
static_assert(Bound::parameter_count == (4 * 2 * 9 + 4) + 2 * 4 + (144 * 5 + 5));
static_assert(Bound::buffer_count == 2 * 4);
static_assert(At<1, Bound::layers>::parameter_count == 8 && At<1, Bound::layers>::buffer_count == 8);
static_assert(Bound::multiply_adds == At<0, Bound::layers>::multiply_adds + At<1, Bound::layers>::multiply_adds +
                                          At<2, Bound::layers>::multiply_adds + At<3, Bound::layers>::multiply_adds);
static_assert(Bound::multiply_adds >= 36 * 4 * 18 + 144 * 5);

// The layers of the block inside stand in its place.
static_assert(Bound::leaves::size == 5);
static_assert(std::is_same_v<At<1, Bound::leaves>, At<0, At<1, Bound::layers>::layers>>);
static_assert(std::is_same_v<At<4, Bound::leaves>, At<3, Bound::layers>>);

}  // namespace

TEST_CASE("a block is asked as a layer is", "[model]") {
    CHECK(Block::check(Shape<2, 8, 8>{}).reason == Reason::none);
    CHECK(Block::check(Shape<3, 8, 8>{}).reason == Reason::in_channels);
    CHECK(Block::check(Shape<2, 9, 8>{}).reason == Reason::in_features);
    CHECK(Block::check(Shape<8>{}).reason == Reason::image_rank);
}

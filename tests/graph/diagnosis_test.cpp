// SPDX-License-Identifier: MIT
// From a refusal to the error, which says what to write instead.
#include <ctcnn/graph/diagnosis.hpp>

#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename Expected, typename S, typename... Layers>
constexpr bool is_refused_with = std::is_same_v<graph::Error<S, typename graph::Flow<S, Layers...>::refusal>, Expected>;

using Conv = Conv2d<1, 6, Kernel<5>>;
using Dense = Linear<784, 10>;

}  // namespace

// The layer's own correction, if it works.
static_assert(is_refused_with<refused<Reason::in_features, at_layer<0, Linear<5, 2>>, received<Shape<4>>, wanted<5>,
                                      corrected<Linear<4, 2>>>,
                              Shape<4>, Linear<5, 2>>);
static_assert(is_refused_with<refused<Reason::in_channels, at_layer<0, BatchNorm2d<3>>, received<Shape<2, 4, 4>>,
                                      wanted<3>, corrected<BatchNorm2d<2>>>,
                              Shape<2, 4, 4>, BatchNorm2d<3>>);

// Axes of Input.
static_assert(is_refused_with<refused<Reason::batch_axis, at_layer<0, Conv>, received<Shape<64, 1, 28, 28>>,
                                      corrected<Input<1, 28, 28>>>,
                              Shape<64, 1, 28, 28>, Conv>);
static_assert(is_refused_with<refused<Reason::channels_last, at_layer<0, Conv>, received<Shape<28, 28, 1>>, wanted<1>,
                                      corrected<Input<1, 28, 28>>>,
                              Shape<28, 28, 1>, Conv>);
static_assert(is_refused_with<
              refused<Reason::image_rank, at_layer<0, Conv>, received<Shape<28, 28>>, corrected<Input<1, 28, 28>>>,
              Shape<28, 28>, Conv>);
static_assert(is_refused_with<refused<Reason::batch_axis, at_layer<1, Dense>, received<Shape<50176>>, wanted<784>,
                                      corrected<Input<1, 28, 28>>>,
                              Shape<64, 1, 28, 28>, Flatten, Dense>);

template <Reason R, typename S, typename... Layers>
constexpr bool is_refused_for =
    graph::Flow<S, Layers...>::refusal::mismatch && []<Reason Found, typename... Words>(refused<Found, Words...>*) {
        return Found == R;
    }(static_cast<graph::Error<S, typename graph::Flow<S, Layers...>::refusal>*>(nullptr));

// A batch axis: before images, sequences and features; a batch of one; not if all numbers together fit.
using Sequence = Conv1d<2, 3, Kernel<3>>;
static_assert(is_refused_for<Reason::batch_axis, Shape<8, 2, 9>, Sequence>);
static_assert(is_refused_for<Reason::sequence_rank, Shape<8, 3, 9>, Sequence>);
static_assert(is_refused_for<Reason::sequence_rank, Shape<8, 2, 9, 1>, Sequence>);
static_assert(is_refused_for<Reason::batch_axis, Shape<64, 784>, Dense>);
static_assert(is_refused_for<Reason::batch_axis, Shape<1, 784>, Dense>);
static_assert(is_refused_for<Reason::feature_rank, Shape<28, 28>, Dense>);
static_assert(is_refused_for<Reason::feature_rank, Shape<1, 28, 28>, Dense>);
static_assert(is_refused_for<Reason::batch_axis, Shape<64, 1, 28, 28>, Dense>);
static_assert(is_refused_for<Reason::batch_axis, Shape<1, 8>, LazyLinear<3>>);
static_assert(is_refused_for<Reason::feature_rank, Shape<2, 8>, LazyLinear<3>>);
static_assert(is_refused_for<Reason::in_features, Shape<64, 783>, Flatten, Dense>);
static_assert(is_refused_for<Reason::image_rank, Shape<2, 1, 28, 28, 1>, Conv>);
static_assert(is_refused_with<refused<Reason::batch_axis, at_layer<0, Conv>, received<Shape<8, 28, 28, 1>>,
                                      corrected<Input<1, 28, 28>>>,
                              Shape<8, 28, 28, 1>, Conv>);
static_assert(is_refused_with<refused<Reason::batch_axis, at_layer<0, Conv>, received<Shape<8, 28, 28, 2>>,
                                      corrected<Input<28, 28, 2>>>,
                              Shape<8, 28, 28, 2>, Conv>);

// Channels last: at most a fourth of rows and columns; if a kernel is too large for what would be columns, only of
// square images with one, three or four channels.
template <std::size_t C>
using Few = Conv2d<C, 6, Kernel<1>>;
static_assert(is_refused_for<Reason::channels_last, Shape<8, 8, 2>, Few<2>>);
static_assert(is_refused_for<Reason::channels_last, Shape<8, 9, 2>, Few<2>>);
static_assert(is_refused_for<Reason::in_channels, Shape<8, 7, 2>, Few<2>>);
static_assert(is_refused_for<Reason::in_channels, Shape<7, 8, 2>, Few<2>>);
static_assert(is_refused_for<Reason::in_channels, Shape<8, 8, 2>, Few<3>>);
template <std::size_t H>
using Tall = LazyConv2d<6, Kernel<5>>;
static_assert(is_refused_for<Reason::channels_last, Shape<28, 28, 1>, Tall<1>>);
static_assert(is_refused_for<Reason::channels_last, Shape<28, 28, 3>, Tall<1>>);
static_assert(is_refused_for<Reason::channels_last, Shape<28, 28, 4>, Tall<1>>);
static_assert(is_refused_for<Reason::kernel_too_large, Shape<28, 28, 2>, Tall<1>>);
static_assert(is_refused_for<Reason::kernel_too_large, Shape<28, 27, 3>, Tall<1>>);

// Images and sequences without their channel.
static_assert(
    is_refused_with<refused<Reason::image_rank, at_layer<0, Conv>, received<Shape<28, 4>>>, Shape<28, 4>, Conv>);
static_assert(is_refused_with<refused<Reason::image_rank, at_layer<0, Conv>, received<Shape<784>>>, Shape<784>, Conv>);
static_assert(is_refused_with<refused<Reason::sequence_rank, at_layer<0, Conv1d<1, 3, Kernel<3>>>, received<Shape<9>>,
                                      corrected<Input<1, 9>>>,
                              Shape<9>, Conv1d<1, 3, Kernel<3>>>);
static_assert(
    is_refused_with<refused<Reason::sequence_rank, at_layer<0, Sequence>, received<Shape<9>>>, Shape<9>, Sequence>);
static_assert(is_refused_with<refused<Reason::sequence_rank, at_layer<1, Conv1d<1, 3, Kernel<3>>>, received<Shape<9>>>,
                              Shape<3, 3>, Flatten, Conv1d<1, 3, Kernel<3>>>);

// The same in a branch, whose first layer sees Input as well.
static_assert(is_refused_with<refused<Reason::channels_last, in_block<0, at_layer<1, Conv>>, received<Shape<28, 28, 1>>,
                                      wanted<1>, corrected<Input<1, 28, 28>>>,
                              Shape<28, 28, 1>, Concat<Conv2d<28, 2, Kernel<1>>, Conv>>);
static_assert(is_refused_with<refused<Reason::in_features, in_block<0, in_block<1, at_layer<0, Linear<5, 4>>>>,
                                      received<Shape<4>>, wanted<5>, corrected<Linear<4, 4>>>,
                              Shape<4>, Residual<Linear<4, 4>, Shortcut<Linear<5, 4>>>>);

// Branches that do not fit each other have no correction of their own.
static_assert(is_refused_with<refused<Reason::branch_shapes, at_layer<0, Residual<Linear<4, 3>>>, received<Shape<4>>,
                                      branch_makes<0, Shape<3>>, branch_makes<1, Shape<4>>>,
                              Shape<4>, Residual<Linear<4, 3>>>);

TEST_CASE("corrections are only shown if they work") {
    STATIC_REQUIRE(graph::works_on<Shape<4>, corrected<Linear<4, 2>>>);
    STATIC_REQUIRE_FALSE(graph::works_on<Shape<4>, corrected<Linear<5, 2>>>);
}

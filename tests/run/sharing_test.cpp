// SPDX-License-Identifier: MIT
#include <ctcnn/run/sharing.hpp>

#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

using V = Lanes<float>;
template <typename Net>
using PlanOf = typename Net::template plan_of<V>;

using Small = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten,
                         Linear<1176, 10>>;
using Large = Sequential<Input<8, 32, 32>, Conv2d<8, 16, Kernel<3>, Padding<1>>, ReLU, Flatten, Linear<16384, 10>>;

// Where a tile is a short piece of work, to wait for each other would take longer than to compute it.
static_assert(PlanOf<Small>::multiply_adds == Small::multiply_adds && Small::multiply_adds < run::least_shared);
static_assert(PlanOf<Large>::multiply_adds == Large::multiply_adds && Large::multiply_adds > run::least_shared);
static_assert(!run::has_crews<PlanOf<Small>, V>);
static_assert(run::has_crews<PlanOf<Large>, V> == !(sums_may_be_rearranged || has_excess_digits));
// A single image is no tile.
static_assert(!run::has_crews<typename Large::template plan_of<float>, float>);
static_assert(std::is_same_v<run::CrewFor<PlanOf<Small>, V>, OneThread>);
static_assert(std::is_empty_v<run::SharingFor<PlanOf<Small>, V>>);

struct Sharing {
    static constexpr bool shares = true;
};
struct NotSharing {
    static constexpr bool shares = false;
};
struct Custom {};

// A layer that does not say so is computed by one thread of a crew.
static_assert(run::shares<Sharing, Crew> && !run::shares<Sharing, OneThread>);
static_assert(!run::shares<NotSharing, Crew> && !run::shares<Custom, Crew>);

}  // namespace

TEST_CASE("members of a crew have scratch memory of their own") {
    V of_tile{};
    V own{};
    CHECK(run::scratch_of(run::Shared<V>{}, &of_tile) == &of_tile);
    CHECK(run::scratch_of(run::Shared<V>{Crew{}, &own}, &of_tile) == &own);
    CHECK(run::scratch_of(run::Unshared<V>{}, &of_tile) == &of_tile);
}

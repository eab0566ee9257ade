// SPDX-License-Identifier: MIT
// Where buffers, parameters and gradients lie, where segments begin, and which stages tiles take together.
#include <ctcnn/graph/plan.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <std::size_t In, std::size_t Out, typename... Options>
using Conv = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

// A chain --------------------------------------------------------------------------------------------------------------

using LeNet = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten, Linear<400, 120>, Sigmoid,
                         Linear<120, 84>, Sigmoid, Linear<84, 10>>::plan;

}  // namespace

static_assert(LeNet::stage_count == 7 && LeNet::leaf_of(2) == 3 && LeNet::leaf_of(6) == 11);
static_assert(LeNet::buffer_size(0) == 1024 && LeNet::buffer_size(1) == 4704 && LeNet::buffer_size(4) == 400);
static_assert(LeNet::buffer_offset(2) == 1024 + 4704 && LeNet::buffer_numbers == 9118);
static_assert(LeNet::inference_numbers == 5880 && LeNet::saved_numbers == 0 && LeNet::parameter_count == 61'706);
static_assert(LeNet::Stage<2>::parameter_offset == 156 && LeNet::Stage<2>::parameters == 2416);
static_assert(LeNet::Stage<2>::In::border == Extent{0, 0} && LeNet::Stage<0>::In::border == Extent{2, 2});
static_assert(LeNet::tile_gradient_offsets[1] == 156 && LeNet::tile_gradient_numbers == 156 + 2416);
static_assert(LeNet::segment_count == 1 && LeNet::segment_begins == std::array<std::size_t, 2>{0, 7});
static_assert(LeNet::first_chain == 7 && LeNet::together_from == 4 && !LeNet::has_random);
static_assert(LeNet::tiles_together<Lanes<float>> == 2 && LeNet::tiles_together<float> == 1);
static_assert(LeNet::statistics_numbers == 0 && LeNet::added_gradient_numbers == 0);

// The last stages of a chain ------------------------------------------------------------------------------------------

namespace {
template <typename... Layers>
using Features = Sequential<Input<8>, Layers...>::plan;
using A = Linear<8, 8>;
template <typename P>
constexpr bool goes_together = P::template tiles_together<Lanes<float>> == 2;
}  // namespace

// Tiles take Linear layers together that follow one another at the end, and no others.
static_assert(Features<A, ReLU, A>::together_from == 0 && goes_together<Features<A, ReLU, A>>);
static_assert(Features<A, Residual<A>, A>::together_from == 3 && goes_together<Features<A, Residual<A>, A>>);
static_assert(Features<A, Residual<A>>::together_from == 3 && !goes_together<Features<A, Residual<A>>>);
static_assert(Features<A, Residual<A>>::stage_count == 3);
static_assert(Features<A, Residual<A, ReLU>, ReLU, A, A>::together_from == 3);
static_assert(Features<A, Add<A, A>, ReLU>::together_from == Features<A, Add<A, A>, ReLU>::stage_count);
static_assert(Features<Concat<A, A>>::together_from == 3 && Features<Multiply<A, A>>::together_from == 3);
// Where several read the value before a Linear layer, their gradients are added in a place that tiles alone have.
static_assert(Features<A, Concat<A, Sequential<ReLU, A>>>::together_from == 5);

// The first ones: row by row, as long as each has the buffer before it as its only input.
static_assert(Features<A, ReLU, A>::first_chain == 2 && Features<A, Residual<A>, A>::first_chain == 2);
static_assert(Features<Add<A, A>>::first_chain == 1);

// Segments ------------------------------------------------------------------------------------------------------------

namespace {

using Normalised = Sequential<Input<2, 6, 6>, Conv<2, 4, NoBias>, BatchNorm2d<4>, ReLU,
                              Residual<Conv<4, 4, NoBias>, BatchNorm2d<4, NoAffine>>, ReLU, Flatten, Linear<144, 3>>;
using Plan = Normalised::plan;

}  // namespace

// A segment begins with the stage that needs statistics: 0 Conv | 1 BatchNorm, ReLU, 2 Conv | 3 BatchNorm, 4 add, ReLU,
// 5 Linear.
static_assert(Plan::stage_count == 6 && Plan::segment_count == 3);
static_assert(Plan::segment_begins == std::array<std::size_t, 4>{0, 1, 3, 6});
static_assert(Plan::has_statistics(1) && Plan::has_statistics(3) && !Plan::has_statistics(2));
static_assert(Plan::first_chain == 1 && Plan::together_from == 5 && !goes_together<Plan>);
static_assert(Plan::statistics_offsets == std::array<std::size_t, 7>{0, 0, 8, 8, 16, 16, 16});
static_assert(!Plan::normalises_features && Features<A, BatchNorm1d<8>>::normalises_features &&
              Features<BatchNorm1d<8>, A>::normalises_features);
static_assert(Sequential<Input<4, 1, 1>, BatchNorm2d<4>>::plan::normalises_features);

// Running statistics lie behind all parameters, and their gradients are not those of tiles.
static_assert(Normalised::buffer_count == 16 && Plan::parameter_count == 72 + 8 + 144 + 435);
static_assert(Plan::Stage<1>::buffer_offset == 0 && Plan::Stage<3>::buffer_offset == 8);
static_assert(Plan::tile_gradient_numbers == 72 + 144);

// Two on the same value are two segments, the second of which is empty but for its first stage.
namespace {
using Both = Sequential<Input<2, 4, 4>, Conv<2, 2>, Concat<BatchNorm2d<2>, BatchNorm2d<2, NoAffine>>>::plan;
}
static_assert(Both::segment_begins == std::array<std::size_t, 4>{0, 1, 2, 4});

// Dropout -------------------------------------------------------------------------------------------------------------

namespace {
using Thinned = Sequential<Input<2, 6, 6>, Conv<2, 4>, Dropout2d<0.25>, ReLU, Flatten, Dropout<>, Linear<144, 3>>;
using Plain = Sequential<Input<2, 6, 6>, Conv<2, 4>, ReLU, Flatten, Linear<144, 3>>;
}  // namespace

static_assert(Features<Dropout<>, A>::has_random && Features<A, Dropout<>>::has_random &&
              !Features<A, ReLU>::has_random);
// In training it is a stage that keeps its factors, one for each channel or element; in inference it is nothing.
static_assert(Thinned::plan::has_random && Thinned::plan::stage_count == 4 && Thinned::plan::saved_numbers == 4 + 144);
static_assert(Thinned::inference_plan::stage_count == 2);
static_assert(Thinned::inference_workspace_bytes == Plain::inference_workspace_bytes);
static_assert(Thinned::inference_stack_bytes == Plain::inference_stack_bytes);
static_assert(std::is_same_v<Plain::plan, Plain::inference_plan> && Thinned::plan::segment_count == 1);

// Gradients of several readers ----------------------------------------------------------------------------------------

namespace {
using Skipped = Sequential<Input<2, 6, 6>, Conv<2, 4>, ReLU, Residual<Conv<4, 4>>, ReLU>::plan;
}
// Behind the buffers, one for the sum, and behind the scratch memory, one that a reader computes its part in. The last
// reader comes first. The sum of both branches lies where the first one does.
static_assert(Skipped::has_own_gradient(1) && !Skipped::has_own_gradient(2));
static_assert(Skipped::training_memory.buffers_size == 2 * 64 + 4 * 64 + 4 * 36);
static_assert(Skipped::buffer_offset(2) == Skipped::buffer_offset(3));
static_assert(Skipped::first_in_place(3) == 2 && Skipped::first_in_place(2) == 2 && Skipped::first_in_place(1) == 1);
static_assert(Skipped::saved_numbers == 0);
static_assert(Skipped::gradient_offset(1) == Skipped::training_memory.buffers_size);
static_assert(Skipped::buffer_numbers == Skipped::gradient_offset(1) + 4 * 64);
static_assert(Skipped::added_gradient_numbers == 4 * 64);
static_assert(Skipped::training_scratch_numbers<Lanes<float>> ==
              Skipped::scratch_numbers<Lanes<float>> + Skipped::added_gradient_numbers);
// Gradients of values of which one is made when the other one's is complete share a place; those of values that live at
// the same time lie apart.
namespace {
using Deep = Sequential<Input<2, 6, 6>, Conv<2, 4>, ReLU, Residual<Conv<4, 4>>, ReLU, Residual<Conv<4, 4>>, ReLU>::plan;
using Nested = Sequential<Input<2, 6, 6>, Conv<2, 4>, ReLU, Residual<Conv<4, 4>, ReLU, Residual<Conv<4, 4>>>>::plan;
}  // namespace
static_assert(Deep::has_own_gradient(1) && Deep::has_own_gradient(3));
static_assert(Deep::gradient_offset(1) == Deep::gradient_offset(3));
static_assert(Deep::buffer_numbers == Deep::training_memory.buffers_size + 4 * 64);
static_assert(Nested::has_own_gradient(1) && Nested::has_own_gradient(2));
static_assert(Nested::gradient_offset(1) != Nested::gradient_offset(2));
static_assert(Nested::buffer_numbers == Nested::training_memory.buffers_size + 2 * 4 * 64);
static_assert(Skipped::is_last_reader(2, 1) && !Skipped::is_last_reader(1, 0));
// A layer that adds the last part completes the gradient; a join does not.
static_assert(!Skipped::completes_sum(2) && Skipped::completes_sum(1));
namespace {
using Joined = Sequential<Input<8>, Linear<8, 8>, Concat<Multiply<Flatten, Flatten>, Linear<8, 4>>>::plan;
}
static_assert(Joined::has_own_gradient(1) && !Joined::completes_sum(1));
// Nor does a layer complete that of a concatenation, whose parts have functions of their own.
namespace {
using TwoReaders = Sequential<Input<8>, Concat<Sequential<A, ReLU>, A>, Add<Linear<16, 8>, Linear<16, 8>>>::plan;
}
static_assert(TwoReaders::has_own_gradient(3) && !TwoReaders::completes_sum(3));
// A stage that reads a buffer twice takes it first for its first input.
namespace {
using Twice = Sequential<Input<8>, A, Multiply<Flatten, Flatten>>::plan;
}
static_assert(Twice::input_of(1, 0) == 1 && Twice::input_of(1, 1) == 1);
static_assert(Twice::is_last_reader(1, 0) && !Twice::is_last_reader(1, 1));

// Planes of tiles of images lie apart -----------------------------------------------------------------------------------

namespace {
constexpr std::size_t period = set_period / vector_bytes;  // elements
using Wide =
    Sequential<Input<1, 8, 16>, Conv2d<1, 4, Kernel<1>>, ReLU, Conv2d<4, 4, Kernel<1>>, Flatten, Linear<512, 3>>;
using Mnist = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>, ReLU, Flatten, Linear<4704, 10>>;
}  // namespace
static_assert(128 % period == 0);
// One image, and constant expressions, pay nothing; nor does a network without such planes.
static_assert(std::is_same_v<Wide::plan_of<float>, Wide::plan> && Wide::plan::Stage<0>::Out::plane == 128);
static_assert(Wide::inference_workspace_bytes == 2 * 4 * 128 * sizeof(float));
static_assert(std::is_same_v<Mnist::plan_of<Lanes<float>>, Mnist::plan>);
// Both sides of a value see the same places, and what Flatten renames has no gap.
static_assert(Wide::plan_of<Lanes<float>>::Stage<0>::Out::plane == 129 &&
              Wide::plan_of<Lanes<float>>::Stage<1>::In::plane == 129 &&
              Wide::plan_of<Lanes<float>>::Stage<1>::Out::plane == 128 &&
              Wide::plan_of<Lanes<float>>::Stage<2>::In::size == 512);
static_assert(Wide::plan_of<Lanes<float>>::buffer_numbers == Wide::plan::buffer_numbers + 4);
static_assert(Wide::inference_plan_of<Lanes<float>>::inference_numbers == 4 * 129 + 4 * 128);
// That of inference, where it is another one.
static_assert(Thinned::inference_plan_of<Lanes<float>>::stage_count == 2);

// Stages are called in their order, however many there are: more than a fold may have, too.
namespace {
template <std::size_t First, std::size_t Last>
constexpr bool calls_in_order() {
    std::size_t next = First;
    bool right = true;
    LeNet::for_each_stage<First, Last>([&](auto k) { right = right && k == next++; });
    right = right && next == Last;
    LeNet::for_each_stage_backward<First, Last>([&](auto k) { right = right && k == --next; });
    return right && next == First;
}
}  // namespace
static_assert(calls_in_order<0, 7>() && calls_in_order<2, 3>() && calls_in_order<3, 3>());
static_assert(calls_in_order<0, 128>() && calls_in_order<0, 129>() && calls_in_order<5, 700>());
static_assert([] {
    std::size_t calls = 0;
    LeNet::for_each_stage<5, 3>([&](auto) { ++calls; });
    LeNet::for_each_stage_backward<5, 3>([&](auto) { ++calls; });
    LeNet::for_each_stage([&](auto) { ++calls; });
    LeNet::for_each_stage_backward([&](auto) { ++calls; });
    return calls;
}() == 2 * 7);

TEST_CASE("running sums") {
    STATIC_REQUIRE(graph::running_sums(std::array<std::size_t, 3>{3, 4, 5}) == std::array<std::size_t, 4>{0, 3, 7, 12});
}

// SPDX-License-Identifier: MIT
// Stages, and the buffers between them: their borders, what they are parts of, who reads them, where their gradients
// lie. All of it by static_assert.
#include <ctcnn/graph/graph.hpp>

#include <array>
#include <cstddef>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/layers/unflatten.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;
using graph::no_parent;
using graph::nothing;

namespace {

template <std::size_t In, std::size_t Out>
using Conv = Conv2d<In, Out, Kernel<3>, Padding<1>>;
template <std::size_t In, std::size_t Out>
using Pointwise = Conv2d<In, Out, Kernel<1>>;

/// The graph of a network on images.
template <typename... Layers>
constexpr auto graph_of = Sequential<Input<4, 6, 6>, Layers...>::plan::graph;
template <typename... Layers>
constexpr auto inference_graph_of = Sequential<Input<4, 6, 6>, Layers...>::inference_plan::graph;
template <typename... Layers>
constexpr auto graph_of_features = Sequential<Input<8>, Layers...>::plan::graph;

/// Which layer stage k is called by, and which function it applies.
constexpr bool is_stage(const auto& graph, std::size_t k, std::size_t layer, std::size_t function = nothing) {
    return graph.stages[k].layer == layer && graph.stages[k].function == function;
}
constexpr bool has_border(const auto& graph, std::size_t buffer, std::size_t border) {
    return graph.buffers[buffer].border == Extent{border, border};
}

}  // namespace

// Functions ---------------------------------------------------------------------------------------------------------

namespace {
constexpr auto chain = graph_of<Conv<4, 4>, ReLU, Sigmoid, Flatten, Linear<144, 3>>;
}
static_assert(chain.stage_count == 3 && is_stage(chain, 0, 0, 1) && is_stage(chain, 1, 2, 2) && is_stage(chain, 2, 4));

// A function joins the stage before it only where nothing else reads what that makes.
namespace {
constexpr auto pre_activated = graph_of<Conv<4, 4>, Residual<ReLU, Conv<4, 4>>>;
constexpr auto post_activated = graph_of<Conv<4, 4>, ReLU, Residual<Conv<4, 4>>, ReLU>;
}  // namespace
static_assert(pre_activated.stage_count == 4 && is_stage(pre_activated, 0, 0) && is_stage(pre_activated, 1, 1, 1));
static_assert(pre_activated.input_of(1) == 1 && pre_activated.buffers[1].readers == 2);
static_assert(post_activated.stage_count == 3 && is_stage(post_activated, 0, 0, 1) &&
              is_stage(post_activated, 2, 3, 4));

// Not a concatenation, whose parts others have written, and not the input.
namespace {
constexpr auto behind_concat = graph_of<Concat<Conv<4, 2>, Conv<4, 3>>, ReLU>;
constexpr auto first = graph_of<ReLU, Conv<4, 4>>;
}  // namespace
static_assert(behind_concat.stage_count == 4 && is_stage(behind_concat, 2, 2) && is_stage(behind_concat, 3, 3, 3));
static_assert(first.stage_count == 2 && is_stage(first, 0, 0, 0));

// A function behind a view of the buffer joins as well, unless it has to write a border.
namespace {
constexpr auto behind_flatten = graph_of<Conv<4, 4>, Flatten, Tanh, Linear<144, 3>>;
}
static_assert(behind_flatten.stage_count == 2 && is_stage(behind_flatten, 0, 0, 2) && is_stage(behind_flatten, 1, 3));

// Borders -----------------------------------------------------------------------------------------------------------

// The largest that a reader asks for; through a function; for the parts of a concatenation that of the whole.
namespace {
constexpr auto two_readers = graph_of<Pointwise<4, 4>, ReLU, Add<Conv2d<4, 4, Kernel<5>, Padding<2>>, Pointwise<4, 4>>>;
constexpr auto padded_concat = graph_of<Concat<Sequential<Pointwise<4, 2>, ReLU>, Pointwise<4, 3>>, Conv<5, 4>>;
}  // namespace
static_assert(has_border(two_readers, 0, 0) && has_border(two_readers, 1, 2) && has_border(two_readers, 4, 0));
static_assert(has_border(padded_concat, 1, 1) && has_border(padded_concat, 2, 1) && has_border(padded_concat, 3, 1));

// Views -------------------------------------------------------------------------------------------------------------

// Flatten is a view of a buffer without a border.
static_assert(has_border(chain, 2, 0) && chain.input_of(2) == 2);

// Where another reader of the same value needs a border, Flatten is a stage that copies.
namespace {
constexpr auto padded_reader = graph_of<Conv<4, 4>, Concat<Sequential<Conv<4, 2>, Flatten>, Flatten>>;
}
static_assert(padded_reader.stage_count == 4 && has_border(padded_reader, 1, 1));
static_assert(is_stage(padded_reader, 1, 1) && is_stage(padded_reader, 2, 3) && is_stage(padded_reader, 3, 4));
static_assert(padded_reader.input_of(2) == 1 && padded_reader.input_of(3, 0) == 2 && padded_reader.input_of(3, 1) == 3);

// And where what it makes needs one: Linear<8, 36>, Unflatten<4, 3, 3>, Conv2d<4, 2, Kernel<3>, Padding<1>>.
namespace {
consteval auto graph_behind_unflatten(std::size_t padding) {
    const graph::Table<3, 3> table{{0, 1, 2, 3}, {0, 1, 2}};
    const std::array<graph::LayerFacts, 3> layers{{{LayerKind::compute, {0, 0}, {36, 1, 1}, 324, false},
                                                   {LayerKind::reshape, {0, 0}, {4, 3, 3}, 0, false},
                                                   {LayerKind::compute, {padding, padding}, {2, 3, 3}, 74, false}}};
    return graph::Graph<3, 3>(table, layers, {8, 1, 1}, graph::Mode::training);
}
}  // namespace
static_assert(graph_behind_unflatten(0).stage_count == 2 && graph_behind_unflatten(0).input_of(1) == 1);
static_assert(graph_behind_unflatten(1).stage_count == 3 && graph_behind_unflatten(1).input_of(2) == 2);
static_assert(has_border(graph_behind_unflatten(1), 1, 0) && has_border(graph_behind_unflatten(1), 2, 1));

// A function behind the copy is applied as it copies, borders included.
namespace {
constexpr auto copied = graph_of_features<Linear<8, 36>, Unflatten<4, 3, 3>, ReLU, Conv<4, 2>>;
}
static_assert(copied.stage_count == 3 && is_stage(copied, 1, 1, 2) && has_border(copied, 1, 0) &&
              has_border(copied, 2, 1));
// A function of its own makes the border that its reader wants, and asks for none.
static_assert(has_border(pre_activated, 1, 0) && has_border(pre_activated, 2, 1));

// A network of reshapes alone has one stage.
static_assert(graph_of<Flatten>.stage_count == 1);
static_assert(graph_of<Flatten>.buffers[1].form.channels == 144 && graph_of<Flatten>.buffers[1].form.height == 1);

// Dropout is a stage in training, and nothing in inference.
static_assert(graph_of<Conv<4, 4>, Dropout<0.5>, ReLU>.stage_count == 2);
static_assert(is_stage(graph_of<Conv<4, 4>, Dropout<0.5>, ReLU>, 1, 1, 2));
static_assert(inference_graph_of<Conv<4, 4>, Dropout<0.5>, ReLU>.stage_count == 1);
static_assert(is_stage(inference_graph_of<Conv<4, 4>, Dropout<0.5>, ReLU>, 0, 0, 2));

// Concatenations ----------------------------------------------------------------------------------------------------

// The branches write to their parts of the whole.
static_assert(padded_concat.buffers[1].parent == 3 && padded_concat.buffers[1].offset_in_parent == 0);
static_assert(padded_concat.buffers[2].parent == 3 && padded_concat.buffers[2].offset_in_parent == 2 * 8 * 8);
static_assert(padded_concat.buffers[3].parent == no_parent && padded_concat.buffers[3].size() == 5 * 8 * 8);
static_assert(padded_concat.offset_of_input(2, 1) == 2 * 8 * 8);

// Also where the whole is a part of another one.
namespace {
constexpr auto nested = graph_of<Concat<Pointwise<4, 1>, Concat<Pointwise<4, 2>, Pointwise<4, 3>>>>;
}
static_assert(nested.buffers[1].parent == 5 && nested.buffers[2].parent == 4 && nested.buffers[4].parent == 5);
static_assert(nested.root_of(3) == 5 && nested.offset_in_root(3) == (1 + 2) * 36 && nested.offset_in_root(2) == 36);
static_assert(nested.root_of(5) == 5 && nested.offset_in_root(5) == 0);

// What others read, too, is copied, and so is the input.
namespace {
constexpr auto dense = graph_of_features<Linear<8, 8>, Concat<Linear<8, 4>, Flatten>>;
constexpr auto with_input = graph_of_features<Concat<Linear<8, 4>, Flatten>>;
}  // namespace
static_assert(dense.stage_count == 3 && dense.buffers[1].readers == 2 && dense.buffers[1].parent == no_parent);
static_assert(dense.buffers[2].parent == 3 && dense.offset_of_input(2, 1) == 4);
static_assert(with_input.input_of(1, 1) == 0 && with_input.buffers[0].parent == no_parent);

// Features that were an image lie as the image does.
static_assert(padded_reader.offset_of_input(3, 1) == 2 * 36 && padded_reader.buffers[2].parent == 4);

// Sums --------------------------------------------------------------------------------------------------------------

// In training, a sum lies where its first term does that nothing else reads and no function has changed; the term has
// the border that the sum needs.
namespace {
template <typename... Layers>
constexpr auto sum_before_padding = graph_of<Conv<4, 4>, ReLU, Residual<Layers...>, ReLU, Conv<4, 4>>;
constexpr auto summed = sum_before_padding<Conv<4, 4>, Pointwise<4, 4>>;
constexpr auto shortcut = sum_before_padding<Conv<4, 4>, Tanh, Shortcut<Pointwise<4, 4>>>;
constexpr auto changed = sum_before_padding<Conv<4, 4>, Tanh>;
constexpr auto summed_twice = graph_of<Conv<4, 4>, Add<Pointwise<4, 4>, Add<Pointwise<4, 4>, Pointwise<4, 4>>>>;
constexpr auto summed_sums =
    graph_of<Conv<4, 4>, Add<Add<Pointwise<4, 4>, Pointwise<4, 4>>, Pointwise<4, 4>>, ReLU, Conv<4, 4>>;
constexpr auto inferred = inference_graph_of<Conv<4, 4>, ReLU, Residual<Conv<4, 4>>, ReLU, Conv<4, 4>>;
}  // namespace
static_assert(summed.buffers[3].parent == 4 && summed.buffers[3].offset_in_parent == 0 && has_border(summed, 3, 1));
static_assert(summed.buffers[1].parent == no_parent && summed.buffers[2].parent == no_parent);
static_assert(shortcut.buffers[2].parent == no_parent && shortcut.buffers[3].parent == 4);
static_assert(changed.buffers[1].parent == no_parent && changed.buffers[2].parent == no_parent);
static_assert(summed_twice.buffers[2].parent == 6 && summed_twice.buffers[3].parent == 5 &&
              summed_twice.buffers[4].parent == no_parent && summed_twice.buffers[5].parent == no_parent);
static_assert(summed_sums.root_of(2) == 6 && summed_sums.buffers[4].parent == 6 && has_border(summed_sums, 2, 1) &&
              summed_sums.buffers[5].parent == no_parent);
static_assert(inferred.buffers[2].parent == no_parent && has_border(inferred, 2, 0));

// Gradients ---------------------------------------------------------------------------------------------------------

// A value that several read has a place for its gradient, and so has an input of a product, whose gradient is computed
// from the other inputs.
static_assert(!chain.buffers[1].own_gradient && !chain.buffers[2].own_gradient);
static_assert(post_activated.buffers[1].own_gradient && !post_activated.buffers[2].own_gradient);
namespace {
constexpr auto product = graph_of<Conv<4, 4>, Multiply<Pointwise<4, 4>, Sequential<AvgPool2d<Kernel<6>>, Sigmoid>>>;
}
static_assert(product.buffers[2].own_gradient && product.buffers[3].own_gradient && product.buffers[1].own_gradient);

// No parameters lie before the input of the network and of a network's first pooling: nobody wants their gradients.
static_assert(!chain.buffers[0].wants_gradient && chain.buffers[1].wants_gradient);
static_assert(!graph_of<AvgPool2d<Kernel<2>>, Conv<4, 4>>.buffers[1].wants_gradient);
static_assert(!graph_of<Residual<Conv<4, 4>>>.buffers[0].own_gradient);

// The parts of a concatenation get theirs with the whole, which has a place of its own if a part has a function.
static_assert(padded_concat.buffers[3].own_gradient && !padded_concat.buffers[1].own_gradient);
static_assert(!graph_of<Concat<Pointwise<4, 2>, Pointwise<4, 3>>, Conv<5, 4>>.buffers[3].own_gradient);

// The loss gives the gradient of the output a place.
static_assert(!graph_of<Concat<Sequential<Pointwise<4, 2>, ReLU>, Pointwise<4, 3>>>.buffers[3].own_gradient);

// Gaps --------------------------------------------------------------------------------------------------------------

namespace {
/// Which buffers have a gap, as digits of a number from buffer 0 on, where 36 elements are one period.
template <typename... Layers>
constexpr std::size_t gaps_of = [] {
    constexpr auto graph = graph_of<Layers...>.with_gaps(36);
    std::size_t digits = 0;
    for (std::size_t b = 0; b <= graph.stage_count; ++b) {
        digits = 10 * digits + graph.buffers[b].gap;
    }
    return digits;
}();
}  // namespace
// Behind images without a border; not behind 8 x 8 elements, not between features, and not in the output.
static_assert(gaps_of<Pointwise<4, 4>, Pointwise<4, 4>, Conv<4, 4>, Pointwise<4, 4>> == 11'010);
static_assert(gaps_of<Pointwise<4, 1>, Pointwise<1, 4>, MaxPool2d<Kernel<6>>, Flatten, Linear<4, 3>> == 10'100);
// A value that Flatten renames has none: its elements follow one another.
static_assert(gaps_of<Pointwise<4, 4>, Flatten, Linear<144, 3>> == 100 && gaps_of<Flatten, Linear<144, 3>> == 0);
// The parts of a concatenation have what the whole has.
static_assert(gaps_of<Concat<Pointwise<4, 2>, Pointwise<4, 1>>, Pointwise<3, 2>, Pointwise<2, 2>> == 111'110);
static_assert(gaps_of<Concat<Pointwise<4, 2>, Pointwise<4, 2>>, Flatten, Linear<144, 3>> == 10'000);
static_assert(gaps_of<Concat<Pointwise<4, 2>, Sequential<Pointwise<4, 2>, Flatten, Unflatten<2, 6, 6>>>,
                      Pointwise<4, 4>, Pointwise<4, 4>> == 100'010);
static_assert(gaps_of<Concat<Pointwise<4, 2>, Pointwise<4, 1>>> == 1'000);
namespace {
constexpr auto parts_apart = graph_of<Concat<Pointwise<4, 2>, Pointwise<4, 1>>, Pointwise<3, 2>>.with_gaps(36);
}
static_assert(parts_apart.buffers[2].offset_in_parent == 2 * 37 && parts_apart.buffers[3].size() == 3 * 37);
static_assert(graph_of<Pointwise<4, 1>>.with_gaps(36).has_gaps());
static_assert(parts_apart.has_gaps() && !graph_of<Concat<Pointwise<4, 2>, Pointwise<4, 1>>>.has_gaps());

TEST_CASE("the graph is a constant") {
    STATIC_REQUIRE(graph::form_of(Indices(Shape<3, 4>::dims)).width == 4);
    STATIC_REQUIRE(graph::form_of(Indices(Shape<5>::dims)).channels == 5);
    STATIC_REQUIRE(graph::form_of(Indices(Shape<2, 3, 4, 5>::dims)).channels == 120);
}

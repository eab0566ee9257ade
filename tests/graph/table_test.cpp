// SPDX-License-Identifier: MIT
// Which values the layers of a network read, by static_assert.
#include <ctcnn/graph/table.hpp>

#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;
using namespace ctcnn::detail_;

namespace {

template <typename... Layers>
constexpr auto table = graph::table_of<typename Sequential<Input<4>, Layers...>::layers>;

template <std::size_t Layers, std::size_t Edges>
constexpr bool is_table(const graph::Table<Layers, Edges>& table, const std::array<std::size_t, Layers + 1>& first_edge,
                        const std::array<std::size_t, Edges>& values) {
    return table.first_edge == first_edge && table.values == values;
}

using A = Linear<4, 4>;

}  // namespace

// A chain: layer n reads value n. Blocks leave no trace.
static_assert(is_table(table<A, ReLU, A>, {0, 1, 2, 3}, {0, 1, 2}));
static_assert(is_table(table<A, Sequential<ReLU, Sequential<A>>>, {0, 1, 2, 3}, {0, 1, 2}));

// A residual: its layers, and behind them the sum, which reads their end and what arrives, or the end of the shortcut.
static_assert(is_table(table<Residual<A, ReLU>, ReLU>, {0, 1, 2, 4, 5}, {0, 1, 2, 0, 3}));
static_assert(is_table(table<A, Residual<A, Shortcut<A, ReLU>>>, {0, 1, 2, 3, 4, 6}, {0, 1, 1, 3, 2, 4}));

// Each branch begins with what arrives.
static_assert(is_table(table<A, Add<A, Sequential<A, ReLU>, A>>, {0, 1, 2, 3, 4, 5, 8}, {0, 1, 1, 3, 1, 2, 4, 5}));
static_assert(is_table(table<Concat<Concat<A, A>, A>>, {0, 1, 2, 4, 5, 7}, {0, 0, 1, 2, 0, 3, 4}));
static_assert(is_table(table<Residual<Residual<A>>>, {0, 1, 3, 5}, {0, 1, 0, 2, 0}));

// The layers lie in the order of their table, the join behind its branches.
template <typename... Layers>
constexpr std::size_t leaf_count = Sequential<Input<4>, Layers...>::plan::leaves::size;
static_assert(leaf_count<A, Sequential<ReLU, Sequential<A>>> == 3 && leaf_count<Residual<A, ReLU>, ReLU> == 4);
template <std::size_t N, typename... Layers>
using leaf = At<N, typename Sequential<Input<4>, Layers...>::plan::leaves>;
static_assert(leaf<2, Residual<A, ReLU>, A>::kind == LayerKind::add);
static_assert(std::is_same_v<leaf<3, Residual<A, ReLU>, A>::layer, A>);

TEST_CASE("a table of 100 layers is a constant, too") {
    STATIC_REQUIRE(table<Repeat<50, A, ReLU>>.values[99] == 99);
    STATIC_REQUIRE(table<Repeat<25, Residual<A, ReLU>>>.values.size() == 100);
}

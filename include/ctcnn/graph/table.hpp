// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::graph {

inline constexpr std::size_t nothing = static_cast<std::size_t>(-1);

/// Table: which values the layers of a network read. The layers are the leaves of the tree of blocks and branches, in
/// the order in which they run and in which their parameters lie. Value 0 is the input, value n + 1 is what layer n
/// makes.
template <std::size_t Layers, std::size_t Edges>
struct Table {
    std::array<std::size_t, Layers + 1> first_edge{};  ///< of each layer; the next layer's is behind its last
    std::array<std::size_t, Edges> values{};           ///< that the layers read, edge by edge
};

namespace detail {

/// What walk() calls for each layer: counts, and where there is a table, fills it.
struct TableSize {
    std::size_t layers = 0;
    std::size_t edges = 0;

    constexpr std::size_t layer(const std::size_t*, std::size_t inputs) {
        edges += inputs;
        return ++layers;
    }
};
template <std::size_t Layers, std::size_t Edges>
struct TableFiller {
    Table<Layers, Edges> table{};
    std::size_t layers = 0;
    std::size_t edges = 0;

    constexpr std::size_t layer(const std::size_t* values, std::size_t inputs) {
        for (std::size_t i = 0; i < inputs; ++i) {
            table.values[edges++] = values[i];
        }
        table.first_edge[++layers] = edges;
        return layers;
    }
};

template <typename Sink, typename... Bound>
constexpr std::size_t walk(Sink& sink, std::size_t value, List<Bound...>);

/// Branches: their ends are what the join reads.
template <typename Bound, typename Sink, typename... Child>
constexpr std::size_t walk_branches(Sink& sink, std::size_t value, List<Child...>) {
    constexpr auto sizes = Bound::branch_sizes;
    std::array<std::size_t, sizes.size()> ends{};
    std::size_t branch = 0;
    std::size_t done = 0;
    std::size_t current = value;
    const auto end_branches = [&] {
        for (; branch < sizes.size() && done == sizes[branch]; ++branch) {
            ends[branch] = current;
            current = value;
            done = 0;
        }
    };
    end_branches();
    ((current = walk(sink, current, List<Child>{}), ++done, end_branches()), ...);
    return sink.layer(ends.data(), ends.size());
}

template <typename Bound, typename Sink>
constexpr std::size_t walk_one(Sink& sink, std::size_t value) {
    if constexpr (Bound::kind == LayerKind::block) {
        return walk(sink, value, typename Bound::layers{});
    } else if constexpr (Bound::kind == LayerKind::branches) {
        return walk_branches<Bound>(sink, value, typename Bound::layers{});
    } else {
        return sink.layer(&value, 1);
    }
}

/// Walks through layers that follow each other, from the value that the first one reads; returns the last one's value.
template <typename Sink, typename... Bound>
constexpr std::size_t walk(Sink& sink, std::size_t value, List<Bound...>) {
    if constexpr ((... || (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches))) {
        ((value = walk_one<Bound>(sink, value)), ...);
    } else {
        for (std::size_t n = 0; n < sizeof...(Bound); ++n) {
            value = sink.layer(&value, 1);
        }
    }
    return value;
}

}  // namespace detail

/// The table of a network whose layers, bound to their shapes, are a List.
template <typename Layers>
inline constexpr auto table_of = [] {
    constexpr detail::TableSize size = [] {
        detail::TableSize sink;
        detail::walk(sink, 0, Layers{});
        return sink;
    }();
    detail::TableFiller<size.layers, size.edges> sink;
    detail::walk(sink, 0, Layers{});
    return sink.table;
}();

namespace detail {
template <typename Bound>
constexpr auto leaves_of() {
    if constexpr (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches) {
        return typename Bound::leaves{};
    } else {
        return List<Bound>{};
    }
}
}  // namespace detail

/// The layers with all blocks and branches opened, in the order of the table.
template <typename... Bound>
using Leaves = decltype((List<>{} + ... + detail::leaves_of<Bound>()));

}  // namespace CTCNN_DETAIL::graph

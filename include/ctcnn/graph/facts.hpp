// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/table.hpp>

namespace CTCNN_DETAIL::graph {

/// Running sums: {3, 4, 5} -> {0, 3, 7, 12}.
template <std::size_t N>
consteval std::array<std::size_t, N + 1> running_sums(const std::array<std::size_t, N>& values) {
    std::array<std::size_t, N + 1> sums{};
    for (std::size_t i = 0; i < N; ++i) {
        sums[i + 1] = sums[i] + values[i];
    }
    return sums;
}

namespace detail {

/// The elementwise function of leaf number Leaf.
template <std::size_t Leaf, typename L>
struct FunctionOf {
    using type = typename At<Leaf, L>::Function;
};
template <typename L>
struct FunctionOf<nothing, L> {
    using type = NoFunction;
};

/// The layers of a list, with those inside blocks and branches in their places.
template <typename LayerList>
struct LeavesOf;
template <typename... Bound>
struct LeavesOf<List<Bound...>> {
    using type = Leaves<Bound...>;
};

template <typename L>
concept HasBuffers = requires { L::buffer_count; };

/// Of each leaf, how many parameters it has, how many elements that are not learned, and what the graph knows of it.
template <typename... Ls>
consteval auto parameter_counts(List<Ls...>) {
    return std::array<std::size_t, sizeof...(Ls)>{graph::parameter_count<Ls>()...};
}
template <typename... Ls>
consteval auto buffer_counts(List<Ls...>) {
    // No fold: compilers limit their length, and a network may have more layers.
    constexpr std::array<bool, sizeof...(Ls)> has{HasBuffers<Ls>...};
    if constexpr (std::find(has.begin(), has.end(), true) != has.end()) {
        return std::array<std::size_t, sizeof...(Ls)>{graph::buffer_count<Ls>()...};
    } else {
        return std::array<std::size_t, sizeof...(Ls)>{};
    }
}
template <typename... Ls>
consteval std::uint64_t multiply_adds_of(List<Ls...>) {
    return saturating_sum<std::uint64_t>({0, Ls::multiply_adds...});
}
template <typename... Ls>
consteval auto facts_of(List<Ls...>) {
    return std::array<LayerFacts, sizeof...(Ls)>{
        LayerFacts{Ls::kind, Ls::input_border, form_of(Indices(Ls::output_shape::dims)), graph::parameter_count<Ls>(),
                   std::is_same_v<typename Ls::input_shape, typename Ls::output_shape>}...};
}

}  // namespace detail

}  // namespace CTCNN_DETAIL::graph

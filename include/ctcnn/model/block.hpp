// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/table.hpp>

namespace CTCNN_DETAIL::model {

/// What blocks and branches on what arrives share: the sums over their layers.
template <typename L, typename S, typename Layers>
struct BoundNested;
template <typename L, typename S, typename... Bound>
struct BoundNested<L, S, List<Bound...>> {
    using layer = L;
    using layers = List<Bound...>;
    using input_shape = S;
    static constexpr std::size_t parameter_count = (std::size_t{0} + ... + graph::parameter_count<Bound>());
    static constexpr std::size_t buffer_count = graph::buffer_count_of_all<Bound...>();
    static constexpr std::uint64_t multiply_adds = (std::uint64_t{0} + ... + Bound::multiply_adds);
};

/// BoundBlock: a block on what arrives.
template <typename L, typename S, typename Layers>
struct BoundBlock;
template <typename L, typename S, typename... Bound>
struct BoundBlock<L, S, List<Bound...>> : BoundNested<L, S, List<Bound...>> {
    static constexpr LayerKind kind = LayerKind::block;
    static constexpr std::string_view label = "Sequential";
    using leaves = graph::Leaves<Bound...>;
    using output_shape = typename At<sizeof...(Bound) - 1, List<Bound...>>::output_shape;
};

}  // namespace CTCNN_DETAIL::model

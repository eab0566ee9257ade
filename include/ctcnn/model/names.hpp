// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/model/hana.hpp>
#include <ctcnn/model/state_names.hpp>

namespace CTCNN_DETAIL::model {

/// PathPart: a step on the way from a network to one of its layers.
struct PathPart {
    std::size_t index;
    std::string_view name;   ///< in place of the index, if it has one
    std::string_view label;  ///< of a block or of branches: "Sequential", "Residual"
};

/// Path: the steps to a layer: {2, 0} is the first layer of the block that is the network's third.
struct Path {
    const PathPart* first;
    std::size_t count;

    constexpr std::size_t size() const { return count; }
    constexpr const PathPart& operator[](std::size_t n) const { return first[n]; }
    constexpr const PathPart* begin() const { return first; }
    constexpr const PathPart* end() const { return first + count; }
};

/// PlacedLayer: a layer of a network as numbers: where it is, and what it has of parameters. That of a join is where
/// its branches are.
struct PlacedLayer {
    Path path;
    std::size_t parameter_offset;
    std::size_t parameter_count;
    std::size_t weight_count;
    std::size_t fan_in;  ///< with a weight that begins at random, else 0
    std::size_t fan_out;
    std::array<double, 2> initial;  ///< where fan_in is 0: what weight and bias begin with
    LayerKind kind;
    std::size_t buffer_count;
    std::array<double, 2> initial_buffers;  ///< what its first and its second buffer begin with
    const LayerTensor* tensors;             ///< that it declares itself, each with what it begins with
    std::size_t tensor_count;

    /// The name in PyTorch's state_dict: "2.0".
    std::string name() const {
        std::string result;
        for (const PathPart& part : path) {
            Text<20> number;
            number.append_number(part.index);
            result.append(result.empty() ? "" : ".").append(part.name.empty() ? number.view() : part.name);
        }
        return result;
    }
};

namespace detail {

/// Step: an index, and what there is to say of the layer there.
template <std::size_t Index, typename Bound>
struct Step {
    static constexpr PathPart part{Index, {}, {}};
};
template <std::size_t Index, typename Bound>
    requires(
        requires { Bound::child_name; } || requires { Bound::label; })
struct Step<Index, Bound> {
    static constexpr PathPart part{Index, graph::child_name<Bound>(), [] {
                                       if constexpr (requires { Bound::label; }) {
                                           return std::string_view(Bound::label);
                                       } else {
                                           return std::string_view();
                                       }
                                   }()};
};

template <typename... Steps>
inline constexpr PathPart path_of[] = {Steps::part...};

template <typename... Steps, typename... Bound>
constexpr auto open_blocks(List<Bound...>, std::size_t offset);

/// One layer, or those inside a block. Elements of one type: with types of their own, each function over the tuple
/// would have all layers in its name.
template <typename Bound, typename... Steps>
constexpr auto open_block(std::size_t offset) {
    if constexpr (Bound::kind == LayerKind::block) {
        return open_blocks<Steps...>(typename Bound::layers{}, offset);
    } else if constexpr (Bound::kind == LayerKind::branches) {
        return hana::flatten(
            hana::make_tuple(open_blocks<Steps...>(typename Bound::layers{}, offset),
                             open_block<typename Bound::join, Steps...>(offset + graph::parameter_count<Bound>())));
    } else {
        PlacedLayer layer{{path_of<Steps...>, sizeof...(Steps)},
                          offset,
                          graph::parameter_count<Bound>(),
                          Bound::weight_shape::size,
                          0,
                          0,
                          {},
                          Bound::kind,
                          0,
                          {},
                          nullptr,
                          0};
        if constexpr (requires { Bound::tensors; }) {
            layer.tensors = Bound::tensors.data();
            layer.tensor_count = Bound::tensors.size();
        }
        if constexpr (requires { Bound::buffer_count; }) {
            layer.buffer_count = Bound::buffer_count;
            layer.initial_buffers = Bound::initial_buffers;
        }
        if constexpr (requires { Bound::initial; }) {
            layer.initial = Bound::initial;
        } else if constexpr (Bound::weight_shape::size != 0) {
            layer.fan_in = Bound::fan_in;
            layer.fan_out = Bound::fan_out;
        }
        return hana::make_tuple(layer);
    }
}

template <typename... Steps, typename... Bound>
constexpr auto open_blocks(List<Bound...>, std::size_t offset) {
    constexpr auto offsets =
        graph::running_sums(std::array<std::size_t, sizeof...(Bound)>{graph::parameter_count<Bound>()...});
    return [&]<std::size_t... Place>(std::index_sequence<Place...>) {
        return hana::flatten(
            hana::make_tuple(open_block<Bound, Steps..., Step<Place, Bound>>(offset + offsets[Place])...));
    }(std::index_sequence_for<Bound...>{});
}

}  // namespace detail

/// All layers of a network, blocks opened, in order.
template <typename Net>
inline constexpr auto placed_layers = hana::unpack(detail::open_blocks(typename Net::layers{}, 0), [](auto... layer) {
    return std::array<PlacedLayer, sizeof...(layer)>{layer...};
});

}  // namespace CTCNN_DETAIL::model

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/hana.hpp>
#include <ctcnn/model/list.hpp>
#include <ctcnn/model/plan.hpp>

namespace CTCNN_DETAIL::model {

/// PlacedLayer: a layer of a network as numbers: where it is, and what it has of parameters.
struct PlacedLayer {
    Indices path;  ///< the places on the way: {2, 0} is the first layer of the block that is the network's third
    std::size_t parameter_offset;
    std::size_t parameter_count;
    std::size_t weight_count;
    std::size_t fan_in;  ///< with a weight that begins at random, else 0
    std::size_t fan_out;
    std::array<double, 2> initial;  ///< where fan_in is 0: what weight and bias begin with

    /// The name in PyTorch's state_dict: "2.0".
    std::string name() const {
        std::string result;
        for (const std::size_t index : path) {
            Text<20> number;
            number.append_number(index);
            result.append(result.empty() ? "" : ".").append(number.view());
        }
        return result;
    }
};

namespace detail {

template <std::size_t... Index>
inline constexpr std::size_t path_of[] = {Index...};

template <std::size_t... Index, typename... Bound>
constexpr auto open_blocks(List<Bound...>, std::size_t offset);

/// One layer, or those inside a block. Elements of one type: with types of their own, each function over the tuple
/// would have all layers in its name.
template <typename Bound, std::size_t... Index>
constexpr auto open_block(std::size_t offset) {
    if constexpr (Bound::kind == LayerKind::block) {
        return open_blocks<Index...>(typename Bound::layers{}, offset);
    } else {
        PlacedLayer layer{{path_of<Index...>, sizeof...(Index)},
                          offset,
                          parameter_count<Bound>(),
                          Bound::weight_shape::size,
                          0,
                          0,
                          {}};
        if constexpr (requires { Bound::initial; }) {
            layer.initial = Bound::initial;
        } else if constexpr (Bound::weight_shape::size != 0) {
            layer.fan_in = Bound::fan_in;
            layer.fan_out = Bound::fan_out;
        }
        return hana::make_tuple(layer);
    }
}

template <std::size_t... Index, typename... Bound>
constexpr auto open_blocks(List<Bound...>, std::size_t offset) {
    constexpr auto offsets = running_sums(std::array<std::size_t, sizeof...(Bound)>{parameter_count<Bound>()...});
    return [&]<std::size_t... Place>(std::index_sequence<Place...>) {
        return hana::flatten(hana::make_tuple(open_block<Bound, Index..., Place>(offset + offsets[Place])...));
    }(std::index_sequence_for<Bound...>{});
}

}  // namespace detail

/// All layers of a network, blocks opened, in order.
template <typename Net>
inline constexpr auto placed_layers = hana::unpack(detail::open_blocks(typename Net::layers{}, 0), [](auto... layer) {
    return std::array<PlacedLayer, sizeof...(layer)>{layer...};
});

}  // namespace CTCNN_DETAIL::model

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/hana.hpp>
#include <ctcnn/model/list.hpp>
#include <ctcnn/model/plan.hpp>

namespace CTCNN_DETAIL::model {

/// NamedLayer: a layer that is bound to its shape, and its place in the network: Path<2, 0> is the first layer of the block
/// that is the network's third.
template <typename BoundLayer, std::size_t Offset, std::size_t... Path>
struct NamedLayer {
    using Bound = BoundLayer;
    static constexpr std::size_t parameter_offset = Offset;
    static constexpr std::size_t parameter_count = model::parameter_count<Bound>();
    static constexpr std::array<std::size_t, sizeof...(Path)> path{Path...};
};

namespace detail {

template <std::size_t Offset, std::size_t... Path, typename... Bound>
constexpr auto open_blocks(List<Bound...>) {
    constexpr auto offsets = running_sums(std::array<std::size_t, sizeof...(Bound)>{parameter_count<Bound>()...});
    return [&]<std::size_t... Place>(std::index_sequence<Place...>) {
        return hana::flatten(hana::make_tuple([&] {
            if constexpr (Bound::kind == LayerKind::block) {
                return open_blocks<Offset + offsets[Place], Path..., Place>(typename Bound::layers{});
            } else {
                return hana::make_tuple(hana::type_c<NamedLayer<Bound, Offset + offsets[Place], Path..., Place>>);
            }
        }()...));
    }(std::index_sequence_for<Bound...>{});
}

}  // namespace detail

/// The layers of a network with all blocks opened, each with its name: a tuple of hana::type<NamedLayer<...>>.
template <typename Net>
inline constexpr auto named_layers = detail::open_blocks<0>(typename Net::layers{});

/// Those of them that have parameters.
template <typename Net>
inline constexpr auto named_parameters = hana::filter(
    named_layers<Net>, [](auto layer) { return hana::bool_c < decltype(layer)::type::parameter_count != 0 > ; });

/// PlacedLayer: the same as numbers, for what goes through the layers with a loop.
struct PlacedLayer {
    std::span<const std::size_t> path;
    std::size_t parameter_offset;
    std::size_t parameter_count;

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

/// All layers of a network, blocks opened, in order.
template <typename Net>
inline constexpr auto placed_layers = hana::unpack(named_layers<Net>, [](auto... layer) {
    return std::array{PlacedLayer{decltype(layer)::type::path, decltype(layer)::type::parameter_offset,
                                  decltype(layer)::type::parameter_count}...};
});

/// Calls f(NamedLayer<...>{}) for the layers that have parameters, in order, all blocks opened.
template <typename Net, typename F>
constexpr void for_each_parameter_layer(const F& f) {
    hana::for_each(named_parameters<Net>, [&](auto layer) { f(typename decltype(layer)::type{}); });
}

}  // namespace CTCNN_DETAIL::model

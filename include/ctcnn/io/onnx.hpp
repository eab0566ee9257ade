// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/onnx_model.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/model/state_names.hpp>

namespace CTCNN_DETAIL::io {

template <typename X>
inline constexpr bool are_onnx_nodes = std::same_as<X, OnnxNode>;
template <std::size_t N>
inline constexpr bool are_onnx_nodes<std::array<OnnxNode, N>> = true;

/// Whether a layer that is bound to its shape has an ONNX operator, or several; for a block, all layers inside it.
template <typename Bound>
inline constexpr bool has_onnx_operator = requires { requires are_onnx_nodes<decltype(Bound::onnx())>; };
template <typename... Bound>
inline constexpr bool has_onnx_operator<List<Bound...>> = (... && has_onnx_operator<Bound>);

/// The operators of a layer.
template <typename Bound>
inline constexpr auto onnx_nodes_of = [] {
    if constexpr (std::same_as<decltype(Bound::onnx()), OnnxNode>) {
        return std::array{Bound::onnx()};
    } else {
        return Bound::onnx();
    }
}();

/// A message of protobuf has less than 2 GiB. 16 MiB of it are for what is not a parameter.
template <typename Net>
inline constexpr bool fits_onnx =
    std::uint64_t{Net::parameter_count} * sizeof(typename Net::scalar) <= (std::uint64_t{1} << 31) - (1 << 24);

/// "3.1"
inline std::string name_of(const model::Place& place) {
    const std::string index = sentence({place.name.empty() ? decimal(place.index) : place.name});
    return place.outer == nullptr ? index : sentence({name_of(*place.outer), ".", index});
}

template <typename... Bound>
void add_layers(List<Bound...>, const model::Place* outer, std::vector<OnnxLayer>& layers);

template <typename Bound>
void add_layer(const model::Place& place, std::vector<OnnxLayer>& layers) {
    if constexpr (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches) {
        add_layers(typename Bound::layers{}, &place, layers);
        if constexpr (Bound::kind == LayerKind::branches) {
            add_layer<typename Bound::join>(place, layers);
        }
    } else {
        layers.push_back({name_of(place), onnx_nodes_of<Bound>, model::tensor_count<Bound>(), {}});
    }
}

/// The layers in the order in which data flows, blocks opened.
template <typename... Bound>
void add_layers(List<Bound...>, const model::Place* outer, std::vector<OnnxLayer>& layers) {
    std::size_t index = 0;
    (add_layer<Bound>(model::Place{outer, index++, graph::child_name<Bound>()}, layers), ...);
}

template <typename Net>
OnnxNetwork onnx_network(const Net& net) {
    const auto* parameters = reinterpret_cast<const std::byte*>(net.parameters().data());
    OnnxNetwork network{{},
                        {Net::names(), own_dtype<typename Net::scalar>, parameters},
                        dims_of<typename Net::input_shape>,
                        dims_of<typename Net::output_shape>};
    add_layers(typename Net::layers{}, nullptr, network.layers);
    constexpr auto& table = graph::table_of<typename Net::layers>;
    const std::size_t* edge = table.first_edge.data();
    for (OnnxLayer& layer : network.layers) {
        layer.inputs = {table.values.data() + edge[0], edge[1] - edge[0]};
        ++edge;
    }
    return network;
}

}  // namespace CTCNN_DETAIL::io

namespace CTCNN_API {

/// export_onnx: writes a network to an ONNX file, with its parameters: IR version 8, opset 17. The input is "input",
/// (batch, ...) with the network's input shape, and the output is "output"; the batch may be of any size. The
/// parameters have the names that Net::names() gives. The same network gives the same bytes. The file is complete once
/// it has its name: an error leaves the file that was there before.
/// Refuses  FileUnwritable; when it is compiled, layers without an ONNX operator and networks of 2 GiB
/// As in    torch.onnx.export
template <typename Net>
    requires AnyNetwork<Net> || RefusedNetwork<Net>
void export_onnx(const Net& net, const std::filesystem::path& path) {
    if constexpr (AnyNetwork<Net>) {
        constexpr bool has_operators = detail_::io::has_onnx_operator<typename Net::plan::leaves>;
        static_assert(has_operators,
                      "export_onnx knows no ONNX operator for one of the layers. Give a layer of your own one, as in "
                      "`static constexpr std::string_view onnx = \"LeakyRelu\";`, or save the parameters with "
                      "save_safetensors");
        static_assert(detail_::io::fits_onnx<Net>,
                      "an ONNX file has less than 2 GiB, and the parameters of this network take more. Save them with "
                      "save_safetensors");
        if constexpr (has_operators && detail_::io::fits_onnx<Net>) {
            detail_::io::write_onnx(path, detail_::io::onnx_network(net));
        }
    }
}

}  // namespace CTCNN_API

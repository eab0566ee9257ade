// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/protobuf.hpp>
#include <ctcnn/io/save_state.hpp>
#include <ctcnn/model/state_names.hpp>
#include <ctcnn/version.hpp>

// The messages of an ONNX file. The numbers of their fields are those of onnx.proto.
// Source   github.com/onnx/onnx, onnx/onnx.proto, IR version 8 (ONNX 1.12)
namespace CTCNN_DETAIL::io {

/// OnnxLayer: a layer of a network, without its type.
struct OnnxLayer {
    std::string name;  // "3.1"
    std::span<const OnnxNode> nodes;
    std::size_t tensor_count;
    std::span<const std::size_t> inputs;  // 0 is the input of the network, n + 1 what layer n makes
};

/// OnnxNetwork: what a file holds of a network, without its type.
/// Functions that take one are templates, so that only those programs compile them that export a network.
struct OnnxNetwork {
    std::vector<OnnxLayer> layers;
    ConstState state;
    std::span<const std::size_t> input;
    std::span<const std::size_t> output;
};

constexpr std::uint64_t onnx_data_type(Dtype dtype) { return dtype == Dtype::float64 ? 11 : 1; }

/// AttributeProto
inline ProtobufMessage onnx_attribute(const OnnxAttribute& attribute) {
    using Type = OnnxAttribute::Type;
    ProtobufMessage message;
    message.add(1, attribute.name);
    if (attribute.type == Type::number) {
        message.add_float(2, attribute.number);
    } else if (attribute.type == Type::word) {
        message.add(4, attribute.word);
    } else {
        for (std::size_t n = 0; n < attribute.count; ++n) {
            message.add(attribute.type == Type::integers ? 8 : 3, attribute.values[n]);
        }
    }
    message.add(20, static_cast<std::uint64_t>(attribute.type));
    return message;
}

/// The name of a layer's constant in the file: "3.1.shape".
inline std::string onnx_name(const OnnxLayer& layer, const OnnxConstant& constant) {
    return constant.name.empty() ? "" : sentence({layer.name, ".", constant.name});
}

/// TensorProto of a constant.
inline ProtobufMessage onnx_constant(const OnnxLayer& layer, const OnnxConstant& constant) {
    ProtobufMessage message;
    message.add(1, std::uint64_t{constant.count});
    message.add(2, static_cast<std::uint64_t>(constant.type));
    for (std::size_t n = 0; n < constant.count; ++n) {
        if (constant.type == OnnxConstant::Type::float32) {
            message.add_float(4, static_cast<float>(constant.values[n]));
        } else {
            message.add(7, constant.values[n]);
        }
    }
    message.add(8, onnx_name(layer, constant));
    return message;
}

/// The name of a value in the file: "input", "3.1.output", "output".
template <typename Network>
std::string onnx_value_name(const Network& network, std::size_t value) {
    if (value == network.layers.size()) {
        return "output";
    }
    return value == 0 ? "input" : sentence({network.layers[value - 1].name, ".output"});
}

/// NodeProto, begun with the inputs, but for its attributes.
inline ProtobufMessage onnx_node(ProtobufMessage message, std::string_view output, std::string_view name,
                                 std::string_view op_type) {
    message.add(2, output);
    message.add(3, name);
    message.add(4, op_type);
    return message;
}

/// A node whose output is a tensor of equal elements.
inline ProtobufMessage onnx_filled(const std::string& name, const OnnxFill& fill, Dtype dtype) {
    const bool wide = dtype == Dtype::float64;
    std::uint64_t bits = wide ? std::bit_cast<std::uint64_t>(fill.number)
                              : std::bit_cast<std::uint32_t>(static_cast<float>(fill.number));
    std::string element;
    for (std::size_t n = 0; n < (wide ? 8 : 4); ++n, bits >>= 8) {
        element += static_cast<char>(static_cast<unsigned char>(bits & 0xff));
    }
    ProtobufMessage tensor;
    std::uint64_t count = 1;
    for (std::size_t n = 0; n < fill.rank; ++n) {
        tensor.add(1, fill.dims[n]);
        count *= fill.dims[n];
    }
    std::string bytes;
    for (std::uint64_t n = 0; n < count; ++n) {
        bytes += element;
    }
    tensor.add(2, onnx_data_type(dtype));
    tensor.add(9, bytes);
    ProtobufMessage attribute;
    attribute.add(1, "value");
    attribute.add(5, tensor);
    attribute.add(20, 4);
    ProtobufMessage message = onnx_node({}, name, name, "Constant");
    message.add(5, attribute);
    return message;
}

/// Adds the nodes of layer number `index` to a GraphProto.
template <typename Network>
void add_onnx_nodes(ProtobufMessage& graph, const Network& network, std::size_t index,
                    std::span<const NamedTensor> tensors) {
    const OnnxLayer& layer = network.layers[index];
    std::vector<std::string> values;  // of the layer's nodes
    for (const OnnxNode& node : layer.nodes) {
        const bool last = &node == &layer.nodes.back();
        const Decimal number = decimal(values.size() + 1);
        const std::string name = layer.nodes.size() == 1 ? layer.name : sentence({layer.name, ".node", number});
        ProtobufMessage inputs;
        std::size_t count = 0;
        for (const std::size_t value : layer.inputs) {
            for (std::size_t n = 0; n < node.input_count; ++n) {
                inputs.add(1, node.inputs[n] == 0 ? onnx_value_name(network, value) : values[node.inputs[n] - 1]);
            }
            // Mul has two inputs, and other joins any number.
            if (++count >= 2 && count < layer.inputs.size() && node.op_type == "Mul") {
                const std::string product = sentence({layer.name, ".product", decimal(count)});
                graph.add(1, onnx_node(inputs, product, product, node.op_type));
                inputs = {};
                inputs.add(1, product);
            }
        }
        for (std::size_t n = 0; n < node.fill_count; ++n) {
            const std::string filled = sentence({layer.name, ".filled", number, n == 0 ? "" : "b"});
            inputs.add(1, filled);
            graph.add(1, onnx_filled(filled, node.fills[n], network.state.dtype));
        }
        const std::size_t tensor_count = std::min(node.tensor_count, tensors.size() - node.first_tensor);
        for (const NamedTensor& tensor : tensors.subspan(node.first_tensor, tensor_count)) {
            inputs.add(1, tensor.name);
        }
        for (std::size_t n = 0; n < node.scalar_count; ++n) {
            const std::string scalar = sentence({layer.name, ".constant", number, n == 0 ? "" : "b"});
            inputs.add(1, scalar);
            graph.add(1, onnx_filled(scalar, {node.scalars[n]}, network.state.dtype));
        }
        for (std::size_t n = 0; n < node.constant_count; ++n) {
            inputs.add(1, onnx_name(layer, node.constants[n]));
        }
        values.push_back(last ? onnx_value_name(network, index + 1) : sentence({layer.name, ".value", number}));
        ProtobufMessage message = onnx_node(inputs, values.back(), name, node.op_type);
        for (std::size_t n = 0; n < node.attribute_count; ++n) {
            message.add(5, onnx_attribute(node.attributes[n]));
        }
        graph.add(1, message);
    }
}

/// ValueInfoProto: images in a batch of any size.
inline ProtobufMessage onnx_value(std::string_view name, Dtype dtype, std::span<const std::size_t> dims) {
    ProtobufMessage batch;
    batch.add(2, "batch");
    ProtobufMessage shape;
    shape.add(1, batch);
    for (const std::size_t dim : dims) {
        ProtobufMessage dimension;
        dimension.add(1, std::uint64_t{dim});
        shape.add(1, dimension);
    }
    ProtobufMessage tensor;
    tensor.add(1, onnx_data_type(dtype));
    tensor.add(2, shape);
    ProtobufMessage type;
    type.add(1, tensor);
    ProtobufMessage value;
    value.add(1, name);
    value.add(2, type);
    return value;
}

/// TensorProto up to its elements, which are the last field.
inline ProtobufMessage onnx_tensor(const NamedTensor& tensor, std::size_t trailing_axes, Dtype dtype) {
    ProtobufMessage message;
    for (const std::size_t dim : tensor.shape) {
        message.add(1, std::uint64_t{dim});
    }
    for (std::size_t n = 0; n < trailing_axes; ++n) {
        message.add(1, 1);
    }
    message.add(2, onnx_data_type(dtype));
    message.add(8, tensor.name);
    message.begin(9, std::uint64_t{tensor.count} * element_bytes(dtype));
    return message;
}

/// OnnxGraph: a GraphProto in parts: what comes before the parameters, before the elements of each, and behind them.
struct OnnxGraph {
    std::string nodes;
    std::vector<std::string> tensors;
    std::string values;
    std::uint64_t size = 0;
};

template <typename Network>
OnnxGraph onnx_graph(const Network& network) {
    OnnxGraph graph;
    ProtobufMessage nodes;
    std::span<const NamedTensor> names = network.state.names;
    for (std::size_t index = 0; index < network.layers.size(); ++index) {
        const OnnxLayer& layer = network.layers[index];
        const std::span<const NamedTensor> tensors = names.first(layer.tensor_count);
        add_onnx_nodes(nodes, network, index, tensors);
        for (const NamedTensor& tensor : tensors) {
            const std::string beginning =
                onnx_tensor(tensor, layer.nodes[0].trailing_axes, network.state.dtype).bytes();
            const std::uint64_t elements = std::uint64_t{tensor.count} * element_bytes(network.state.dtype);
            ProtobufMessage message;
            message.begin(5, beginning.size() + elements);
            graph.tensors.push_back(message.bytes() + beginning);
            graph.size += graph.tensors.back().size() + elements;
        }
        names = names.subspan(layer.tensor_count);
    }
    nodes.add(2, "network");
    for (const OnnxLayer& layer : network.layers) {
        for (const OnnxNode& node : layer.nodes) {
            for (std::size_t n = 0; n < node.constant_count; ++n) {
                if (!node.constants[n].name.empty()) {
                    nodes.add(5, onnx_constant(layer, node.constants[n]));
                }
            }
        }
    }
    graph.nodes = nodes.bytes();

    ProtobufMessage values;
    values.add(11, onnx_value("input", network.state.dtype, network.input));
    values.add(12, onnx_value("output", network.state.dtype, network.output));
    graph.values = values.bytes();
    graph.size += graph.nodes.size() + graph.values.size();
    return graph;
}

/// Writes a network to a file, which then has its name: a ModelProto.
template <typename Calls = PosixCalls>
void write_onnx(const std::filesystem::path& path, const OnnxNetwork& network) {
    const OnnxGraph graph = onnx_graph(network);
    ProtobufMessage beginning;
    beginning.add(1, 8);  // the IR version
    beginning.add(2, "ctcnn");
    beginning.add(3, CTCNN_VERSION_STRING);
    beginning.begin(7, graph.size);
    ProtobufMessage opset;
    opset.add(1, "");
    opset.add(2, 17);
    ProtobufMessage end;
    end.add(8, opset);

    AtomicFile<Calls> file(path);
    ElementWriter<Calls> writer(file);
    file.write(beginning.bytes());
    file.write(graph.nodes);
    for (std::size_t n = 0; n < graph.tensors.size(); ++n) {
        file.write(graph.tensors[n]);
        writer.write(network.state, network.state.names[n], network.state.dtype);
        writer.flush();
    }
    file.write(graph.values);
    file.write(end.bytes());
    file.commit();
}

}  // namespace CTCNN_DETAIL::io

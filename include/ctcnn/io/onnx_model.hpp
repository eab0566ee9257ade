// SPDX-License-Identifier: MIT
#pragma once

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
    OnnxNode node;
    std::size_t tensor_count;
    std::span<const std::size_t> inputs;  // 0 is the input of the network, n + 1 what layer n makes
};

/// OnnxNetwork: what a file holds of a network, without its type.
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
inline std::string onnx_value_name(const OnnxNetwork& network, std::size_t value) {
    if (value == network.layers.size()) {
        return "output";
    }
    return value == 0 ? "input" : sentence({network.layers[value - 1].name, ".output"});
}

/// NodeProto, begun with the inputs.
inline ProtobufMessage onnx_node(const OnnxLayer& layer, ProtobufMessage message, std::span<const NamedTensor> tensors,
                                 std::string_view output) {
    for (const NamedTensor& tensor : tensors) {
        message.add(1, tensor.name);
    }
    for (std::size_t n = 0; n < layer.node.constant_count; ++n) {
        message.add(1, onnx_name(layer, layer.node.constants[n]));
    }
    message.add(2, output);
    message.add(3, layer.name);
    message.add(4, layer.node.op_type);
    for (std::size_t n = 0; n < layer.node.attribute_count; ++n) {
        message.add(5, onnx_attribute(layer.node.attributes[n]));
    }
    return message;
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
inline ProtobufMessage onnx_tensor(const NamedTensor& tensor, Dtype dtype) {
    ProtobufMessage message;
    for (const std::size_t dim : tensor.shape) {
        message.add(1, std::uint64_t{dim});
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

inline OnnxGraph onnx_graph(const OnnxNetwork& network) {
    OnnxGraph graph;
    ProtobufMessage nodes;
    std::span<const NamedTensor> names = network.state.names;
    for (std::size_t n = 0; n < network.layers.size(); ++n) {
        const OnnxLayer& layer = network.layers[n];
        ProtobufMessage inputs;
        std::size_t count = 0;
        for (const std::size_t value : layer.inputs) {
            inputs.add(1, onnx_value_name(network, value));
            // Mul has two inputs, and other joins any number.
            if (++count >= 2 && count < layer.inputs.size() && layer.node.op_type == "Mul") {
                const std::string product = sentence({layer.name, ".product.", decimal(count)});
                nodes.add(1, onnx_node(layer, inputs, {}, product));
                inputs = {};
                inputs.add(1, product);
            }
        }
        nodes.add(1, onnx_node(layer, inputs, names.first(layer.tensor_count), onnx_value_name(network, n + 1)));
        names = names.subspan(layer.tensor_count);
    }
    nodes.add(2, "network");
    for (const OnnxLayer& layer : network.layers) {
        for (std::size_t n = 0; n < layer.node.constant_count; ++n) {
            if (!layer.node.constants[n].name.empty()) {
                nodes.add(5, onnx_constant(layer, layer.node.constants[n]));
            }
        }
    }
    graph.nodes = nodes.bytes();

    for (const NamedTensor& tensor : network.state.names) {
        const std::string beginning = onnx_tensor(tensor, network.state.dtype).bytes();
        const std::uint64_t elements = std::uint64_t{tensor.count} * element_bytes(network.state.dtype);
        ProtobufMessage message;
        message.begin(5, beginning.size() + elements);
        graph.tensors.push_back(message.bytes() + beginning);
        graph.size += graph.tensors.back().size() + elements;
    }

    ProtobufMessage ends;
    ends.add(11, onnx_value("input", network.state.dtype, network.input));
    ends.add(12, onnx_value("output", network.state.dtype, network.output));
    graph.values = ends.bytes();
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
    const auto write = [&file](const std::string& bytes) { file.write(std::as_bytes(std::span(bytes))); };
    ElementWriter<Calls> writer(file);
    write(beginning.bytes());
    write(graph.nodes);
    for (std::size_t n = 0; n < graph.tensors.size(); ++n) {
        write(graph.tensors[n]);
        writer.write(network.state, network.state.names[n], network.state.dtype);
        writer.flush();
    }
    write(graph.values);
    write(end.bytes());
    file.commit();
}

}  // namespace CTCNN_DETAIL::io

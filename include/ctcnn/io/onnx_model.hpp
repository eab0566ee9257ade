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
    std::vector<std::size_t> inputs;  // 0 is the input of the network, n + 1 what layer n makes
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

/// NodeProto
inline ProtobufMessage onnx_node(const OnnxLayer& layer, std::span<const std::string> inputs,
                                 std::span<const NamedTensor> tensors, std::string_view output) {
    ProtobufMessage message;
    for (const std::string& input : inputs) {
        message.add(1, input);
    }
    for (const NamedTensor& tensor : tensors) {
        message.add(1, tensor.name);
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

/// OnnxGraph: a GraphProto in parts: what comes before the tensors, before the elements of each, and behind them.
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
    std::vector<std::string> values_by_number{"input"};
    for (const OnnxLayer& layer : network.layers) {
        const bool last = &layer == &network.layers.back();
        values_by_number.push_back(last ? "output" : sentence({layer.name, ".output"}));
        std::vector<std::string> inputs;
        for (const std::size_t value : layer.inputs) {
            inputs.push_back(values_by_number[value]);
        }
        // Mul has two inputs, and other joins any number. No two nodes may have the same name.
        for (std::size_t n = 2; layer.node.op_type == "Mul" && inputs.size() > 2; ++n) {
            const OnnxLayer product{sentence({layer.name, ".product.", decimal(n)}), layer.node, 0, {}};
            nodes.add(1, onnx_node(product, std::span(inputs).first(2), {}, product.name));
            inputs.erase(inputs.begin());
            inputs.front() = product.name;
        }
        nodes.add(1, onnx_node(layer, inputs, names.first(layer.tensor_count), values_by_number.back()));
        names = names.subspan(layer.tensor_count);
    }
    nodes.add(2, "network");
    graph.nodes = nodes.bytes();

    for (const NamedTensor& tensor : network.state.names) {
        const std::string beginning = onnx_tensor(tensor, network.state.dtype).bytes();
        const std::uint64_t elements = std::uint64_t{tensor.count} * element_bytes(network.state.dtype);
        ProtobufMessage message;
        message.begin(5, beginning.size() + elements);
        graph.tensors.push_back(message.bytes() + beginning);
        graph.size += graph.tensors.back().size() + elements;
    }

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

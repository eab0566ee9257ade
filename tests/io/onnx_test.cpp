// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// What a program needs that runs a network and exports it.
#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>

#if defined(BOOST_HANA_CONFIG_HPP)
#error "files must not need Boost.Hana"
#endif

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using detail_::io::ProtobufMessage;

namespace {

// A decoder of protobuf's wire format -----------------------------------------------------------------------------------

/// Message: the fields of a message in order. A field is a number, or bytes.
class Message {
public:
    explicit Message(std::string_view bytes) {
        while (!bytes.empty()) {
            const std::uint64_t key = take_varint(bytes);
            Field field{key >> 3, 0, {}};
            if ((key & 7) == 0) {
                field.number = take_varint(bytes);
            } else if ((key & 7) == 2) {
                const std::uint64_t size = take_varint(bytes);
                if (size > bytes.size()) {
                    throw std::runtime_error("a field ends behind its message");
                }
                field.bytes = bytes.substr(0, static_cast<std::size_t>(size));
                bytes.remove_prefix(field.bytes.size());
            } else if ((key & 7) == 5) {
                field.bytes = bytes.substr(0, 4);
                bytes.remove_prefix(field.bytes.size());
            } else {
                throw std::runtime_error("an unknown wire type");
            }
            fields_.push_back(field);
        }
    }

    std::vector<std::uint64_t> numbers(std::uint64_t id) const {
        std::vector<std::uint64_t> result;
        for (const Field& field : fields_) {
            if (field.id == id) {
                result.push_back(field.number);
            }
        }
        return result;
    }
    std::vector<std::string> texts(std::uint64_t id) const {
        std::vector<std::string> result;
        for (const Field& field : fields_) {
            if (field.id == id) {
                result.emplace_back(field.bytes);
            }
        }
        return result;
    }
    /// The only field of an id.
    std::uint64_t number(std::uint64_t id) const { return numbers(id).size() == 1 ? numbers(id)[0] : none; }
    std::string text(std::uint64_t id) const { return texts(id).size() == 1 ? texts(id)[0] : "none, or several"; }
    std::vector<std::uint64_t> ids() const {
        std::vector<std::uint64_t> result;
        for (const Field& field : fields_) {
            if (result.empty() || result.back() != field.id) {
                result.push_back(field.id);
            }
        }
        return result;
    }

private:
    struct Field {
        std::uint64_t id;
        std::uint64_t number;
        std::string_view bytes;
    };
    static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

    static std::uint64_t take_varint(std::string_view& bytes) {
        std::uint64_t number = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (bytes.empty()) {
                break;
            }
            const auto byte = static_cast<unsigned char>(bytes[0]);
            bytes.remove_prefix(1);
            number |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) {
                return number;
            }
        }
        throw std::runtime_error("a number without an end");
    }

    std::vector<Field> fields_;
};

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

template <typename Net>
std::string exported(const Net& net) {
    const ScratchFolder folder;
    export_onnx(net, folder.path() / "net.onnx");
    CHECK(names_in(folder.path()) == std::vector<std::string>{"net.onnx"});
    return text_of(read_bytes(folder.path() / "net.onnx"));
}

template <typename Net>
std::string exported() {
    return exported(*std::make_unique<Net>(filled<Net>()));
}

/// "batch 1 28 28 of 1"
std::string type_of(const Message& value) {
    const std::string type = value.text(2);
    const std::string tensor_type = Message(type).text(1);
    const std::string shape = Message(tensor_type).text(2);
    std::string result;
    for (const std::string& bytes : Message(shape).texts(1)) {
        const Message dim(bytes);
        result += (dim.ids() == std::vector<std::uint64_t>{2} ? dim.text(2) : std::to_string(dim.number(1))) + " ";
    }
    return result.append("of ").append(std::to_string(Message(tensor_type).number(1)));
}

/// A number of four or eight bytes, the lowest first.
double scalar_of(const std::string& bytes) {
    std::uint64_t bits = 0;
    for (std::size_t n = bytes.size(); n-- > 0;) {
        bits = bits << 8 | static_cast<unsigned char>(bytes[n]);
    }
    return bytes.size() == 8 ? std::bit_cast<double>(bits)
                             : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
}

/// "3.1: Gemm(3.0.output, 3.1.weight) -> output, transB = 1"
std::string told(const Message& node) {
    std::string result = node.text(3) + ": " + node.text(4) + "(";
    for (const std::string& input : node.texts(1)) {
        result.append(result.ends_with('(') ? "" : ", ").append(input);
    }
    result.append(") -> ").append(node.text(2));
    for (const std::string& bytes : node.texts(5)) {
        const Message attribute(bytes);
        result.append(", ").append(attribute.text(1)).append(" =");
        if (attribute.number(20) == 1) {
            result.append(" ").append(std::to_string(scalar_of(attribute.text(2))));
            continue;
        }
        if (attribute.number(20) == 4) {
            // "1.000000 2 3" for a tensor of shape (2, 3) all of whose elements are 1
            const std::string value = attribute.text(5);
            const std::vector<std::uint64_t> dims = Message(value).numbers(1);
            std::uint64_t count = 1;
            for (const std::uint64_t dim : dims) {
                count *= dim;
            }
            const std::string raw = Message(value).text(9);
            const std::size_t bytes_each = Message(value).number(2) == 11 ? 8 : 4;
            CHECK(Message(value).number(2) == (bytes_each == 8 ? 11 : 1));
            REQUIRE(raw.size() == count * bytes_each);
            for (std::size_t n = 0; n < raw.size(); n += bytes_each) {
                CHECK(raw.substr(n, bytes_each) == raw.substr(0, bytes_each));
            }
            result.append(" ").append(std::to_string(scalar_of(raw.substr(0, bytes_each))));
            for (const std::uint64_t dim : dims) {
                result.append(" ").append(std::to_string(dim));
            }
            continue;
        }
        if (attribute.number(20) == 3) {
            result.append(" ").append(attribute.text(4));
            continue;
        }
        CHECK(attribute.number(20) == (attribute.numbers(8).empty() ? 2 : 7));
        for (const std::uint64_t number : attribute.numbers(attribute.numbers(8).empty() ? 3 : 8)) {
            result.append(" ").append(std::to_string(number));
        }
    }
    return result;
}

std::vector<std::string> nodes_of(const std::string& file) {
    std::vector<std::string> result;
    const std::string graph = Message(file).text(7);
    for (const std::string& node : Message(graph).texts(1)) {
        result.push_back(told(Message(node)));
    }
    return result;
}

/// The constants of a file, which come before the parameters: "1.shape: 0 2 3 4 of int64".
std::vector<std::string> constants_of(const std::string& file, std::size_t parameters) {
    const std::string graph = Message(file).text(7);
    std::vector<std::string> tensors = Message(graph).texts(5);
    REQUIRE(tensors.size() >= parameters);
    tensors.resize(tensors.size() - parameters);
    std::vector<std::string> result;
    for (const std::string& bytes : tensors) {
        const Message tensor(bytes);
        result.push_back(tensor.text(8) + ":");
        const bool whole = tensor.number(2) == 7;
        CHECK((whole || tensor.number(2) == 1));
        std::vector<std::uint64_t> numbers = tensor.numbers(7);
        for (const std::string& number : tensor.texts(4)) {
            numbers.push_back(static_cast<std::uint64_t>(scalar_of(number)));
        }
        CHECK(tensor.number(1) == numbers.size());
        for (const std::uint64_t number : numbers) {
            result.back().append(" ").append(std::to_string(number));
        }
        result.back() += whole ? " of int64" : " of float32";
    }
    return result;
}

/// Whether the tensors of a file are those of a network, bit for bit, under its names. A tensor may have axes of size 1
/// more.
template <typename Net>
bool has_parameters(const std::string& file, const Net& net) {
    const std::string graph = Message(file).text(7);
    std::vector<std::string> tensors = Message(graph).texts(5);
    const std::string bits = text_of(bits_of(net));
    constexpr std::size_t size = sizeof(typename Net::scalar);
    // The constants come first.
    std::erase_if(tensors, [](const std::string& tensor) { return Message(tensor).number(2) == 7; });
    if (tensors.size() != Net::names().size()) {
        return false;
    }
    for (std::size_t n = 0; n < tensors.size(); ++n) {
        const Message tensor(tensors[n]);
        const NamedTensor& expected = Net::names()[n];
        std::vector<std::uint64_t> shape(expected.shape.begin(), expected.shape.end());
        if (tensor.numbers(1).size() > shape.size()) {
            shape.resize(tensor.numbers(1).size(), 1);
        }
        if (tensor.text(8) != expected.name || tensor.numbers(1) != shape || tensor.number(2) != (size == 8 ? 11 : 1) ||
            tensor.text(9) != bits.substr(expected.offset * size, expected.count * size)) {
            return false;
        }
    }
    return true;
}

// Networks --------------------------------------------------------------------------------------------------------------

using Small = Sequential<Input<1, 6, 6>, Conv2d<1, 3, Kernel<3>>, ReLU, Flatten, LazyLinear<5>>;
using Nested = Sequential<Input<2, 9, 7>,
                          Sequential<Conv2d<2, 4, Kernel<3, 2>, Groups<2>, Stride<2, 1>, Padding<1, 2>>,
                                     Sequential<Tanh, LazyConv2d<3, Kernel<2>, Dilation<2, 3>, NoBias>>>,
                          MaxPool2d<Kernel<2, 3>, Stride<1, 2>, Padding<1, 0>>, AvgPool2d<Kernel<2>, Padding<1>>,
                          Flatten, Sequential<LazyLinear<7, NoBias>, Sigmoid>, Linear<7, 2>>;
using Branched =
    Sequential<Input<4>, Residual<Sigmoid, Linear<4, 4>>,
               Concat<ReLU, Sequential<Linear<4, 2>, Tanh>, Residual<Linear<4, 3>, Shortcut<Linear<4, 3>>>>,
               Named<"gate", Multiply<ReLU, Sigmoid, Tanh, Add<ReLU, Tanh, Sigmoid>>>>;
using Image = Sequential<Input<3, 5, 4>, AvgPool2d<Kernel<2>>>;
using Function = Sequential<Input<3>, ReLU>;
using Large = Sequential<Input<300>, Linear<300, 300>, ReLU, Linear<300, 10>>;  // more than one piece of writing

struct OwnLeakyReLU : Activation<OwnLeakyReLU> {
    static constexpr std::string_view onnx = "LeakyRelu";
    template <typename V>
    static constexpr V forward(V x) {
        return lane_math::at_least(x, x * lane_math::constant<V>(0.01f));
    }
    template <typename V>
    static constexpr V backward(V y, V grad) {
        return lane_math::select_less(y, V{}, grad * lane_math::constant<V>(0.01f), grad);
    }
};
using WithOwn = Sequential<Input<3>, OwnLeakyReLU, Linear<3, 2>, Sequential<OwnLeakyReLU>>;

}  // namespace

TEST_CASE("the wire format of protobuf", "[onnx]") {
    const auto number = [](unsigned field, std::uint64_t value) {
        ProtobufMessage message;
        message.add(field, value);
        return message.bytes();
    };
    // The examples of the format's description.
    CHECK(number(1, 150) == "\x08\x96\x01");
    ProtobufMessage testing;
    testing.add(2, "testing");
    CHECK(testing.bytes() == "\x12\x07testing");
    ProtobufMessage inner;
    inner.add(1, 150);
    ProtobufMessage outer;
    outer.add(3, inner);
    CHECK(outer.bytes() == "\x1a\x03\x08\x96\x01");

    CHECK(number(1, 0) == std::string("\x08\x00", 2));
    CHECK(number(1, 1) == "\x08\x01");
    CHECK(number(1, 127) == "\x08\x7f");
    CHECK(number(1, 128) == "\x08\x80\x01");
    CHECK(number(1, 16383) == "\x08\xff\x7f");
    CHECK(number(1, 16384) == "\x08\x80\x80\x01");
    CHECK(number(1, std::uint64_t{1} << 32) == "\x08\x80\x80\x80\x80\x10");
    CHECK(number(1, std::numeric_limits<std::uint64_t>::max()) == "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    CHECK(number(15, 1) == "\x78\x01");
    CHECK(number(16, 1) == "\x80\x01\x01");
    CHECK(number(20, 7) == "\xa0\x01\x07");

    ProtobufMessage several;
    several.add(1, "");
    several.add(2, 17);
    several.begin(9, 300);
    CHECK(several.bytes() == std::string("\x0a\x00\x10\x11\x4a\xac\x02", 7));

    // A message of more than 127 bytes, in a message.
    ProtobufMessage longer;
    longer.add(1, std::string(200, 'a'));
    ProtobufMessage around;
    around.add(7, longer);
    CHECK(around.bytes() == "\x3a\xcb\x01\x0a\xc8\x01" + std::string(200, 'a'));
}

TEST_CASE("the whole model of a small network", "[onnx]") {
    const Small net = filled<Small>();
    const std::string file = exported(net);
    const Message model(file);
    CHECK(model.ids() == std::vector<std::uint64_t>{1, 2, 3, 7, 8});
    CHECK(model.number(1) == 8);
    CHECK(model.text(2) == "ctcnn");
    CHECK(model.text(3) == CTCNN_VERSION_STRING);
    const std::string opset = model.text(8);
    CHECK(Message(opset).text(1).empty());
    CHECK(Message(opset).number(2) == 17);

    const std::string bytes = model.text(7);
    const Message graph(bytes);
    CHECK(graph.ids() == std::vector<std::uint64_t>{1, 2, 5, 11, 12});
    CHECK(graph.text(2) == "network");
    CHECK(nodes_of(file) == std::vector<std::string>{
                                "0: Conv(input, 0.weight, 0.bias) -> 0.output, kernel_shape = 3 3, strides = 1 1, pads "
                                "= 0 0 0 0, dilations = 1 1, group = 1",
                                "1: Relu(0.output) -> 1.output",
                                "2: Flatten(1.output) -> 2.output, axis = 1",
                                "3: Gemm(2.output, 3.weight, 3.bias) -> output, transB = 1",
                            });
    CHECK(has_parameters(file, net));
    const std::string input = graph.text(11);
    CHECK(Message(input).text(1) == "input");
    CHECK(type_of(Message(input)) == "batch 1 6 6 of 1");
    const std::string output = graph.text(12);
    CHECK(Message(output).text(1) == "output");
    CHECK(type_of(Message(output)) == "batch 5 of 1");
}

TEST_CASE("all layers with all options, in blocks", "[onnx]") {
    const auto net = std::make_unique<Nested>(filled<Nested>());
    const std::string file = exported(*net);
    CHECK(nodes_of(file) ==
          std::vector<std::string>{
              "0.0: Conv(input, 0.0.weight, 0.0.bias) -> 0.0.output, kernel_shape = 3 2, strides = 2 1, pads = 1 2 1 "
              "2, dilations = 1 1, group = 2",
              "0.1.0: Tanh(0.0.output) -> 0.1.0.output",
              "0.1.1: Conv(0.1.0.output, 0.1.1.weight) -> 0.1.1.output, kernel_shape = 2 2, strides = 1 1, pads = 0 0 "
              "0 0, dilations = 2 3, group = 1",
              "1: MaxPool(0.1.1.output) -> 1.output, kernel_shape = 2 3, strides = 1 2, pads = 1 0 1 0",
              "2: AveragePool(1.output) -> 2.output, kernel_shape = 2 2, strides = 2 2, pads = 1 1 1 1, "
              "count_include_pad = 1",
              "3: Flatten(2.output) -> 3.output, axis = 1",
              "4.0: Gemm(3.output, 4.0.weight) -> 4.0.output, transB = 1",
              "4.1: Sigmoid(4.0.output) -> 4.1.output",
              "5: Gemm(4.1.output, 5.weight, 5.bias) -> output, transB = 1",
          });
    CHECK(has_parameters(file, *net));
}

TEST_CASE("branches: the joins are nodes, and each node has a name of its own", "[onnx]") {
    const auto net = std::make_unique<Branched>(filled<Branched>());
    const std::string file = exported(*net);
    CHECK(nodes_of(file) == std::vector<std::string>{
                                "0.0: Sigmoid(input) -> 0.0.output",
                                "0.1: Gemm(0.0.output, 0.1.weight, 0.1.bias) -> 0.1.output, transB = 1",
                                "0: Sum(0.1.output, input) -> 0.output",
                                "1.0: Relu(0.output) -> 1.0.output",
                                "1.1.0: Gemm(0.output, 1.1.0.weight, 1.1.0.bias) -> 1.1.0.output, transB = 1",
                                "1.1.1: Tanh(1.1.0.output) -> 1.1.1.output",
                                "1.2.0: Gemm(0.output, 1.2.0.weight, 1.2.0.bias) -> 1.2.0.output, transB = 1",
                                "1.2.shortcut.0: Gemm(0.output, 1.2.shortcut.0.weight, 1.2.shortcut.0.bias) -> "
                                "1.2.shortcut.0.output, transB = 1",
                                "1.2: Sum(1.2.0.output, 1.2.shortcut.0.output) -> 1.2.output",
                                "1: Concat(1.0.output, 1.1.1.output, 1.2.output) -> 1.output, axis = 1",
                                "gate.0: Relu(1.output) -> gate.0.output",
                                "gate.1: Sigmoid(1.output) -> gate.1.output",
                                "gate.2: Tanh(1.output) -> gate.2.output",
                                "gate.3.0: Relu(1.output) -> gate.3.0.output",
                                "gate.3.1: Tanh(1.output) -> gate.3.1.output",
                                "gate.3.2: Sigmoid(1.output) -> gate.3.2.output",
                                "gate.3: Sum(gate.3.0.output, gate.3.1.output, gate.3.2.output) -> gate.3.output",
                                "gate.product2: Mul(gate.0.output, gate.1.output) -> gate.product2",
                                "gate.product3: Mul(gate.product2, gate.2.output) -> gate.product3",
                                "gate: Mul(gate.product3, gate.3.output) -> output",
                            });
    CHECK(has_parameters(file, *net));
}

TEST_CASE("layers that move and resize, whose sizes are constants of the file", "[onnx]") {
    using Moves = Sequential<Input<2, 4, 6>, ZeroPad2d<1, 2, 0, 3>, Upsample<Scale<2, 3>>, Identity,
                             Upsample<Scale<1, 2>, Bilinear>, AdaptiveAvgPool2d<2, 3>, AdaptiveAvgPool2d<1>, Flatten,
                             Linear<2, 24>, Sequential<Unflatten<2, 3, 4>>>;
    const Moves net = filled<Moves>();
    const std::string file = exported(net);
    CHECK(nodes_of(file) == std::vector<std::string>{
                                "0: Pad(input, 0.pads) -> 0.output",
                                "1: Resize(0.output, , 1.scales) -> 1.output, mode = nearest, "
                                "coordinate_transformation_mode = asymmetric, nearest_mode = floor",
                                "2: Identity(1.output) -> 2.output",
                                "3: Resize(2.output, , 3.scales) -> 3.output, mode = linear, "
                                "coordinate_transformation_mode = half_pixel",
                                "4: AveragePool(3.output) -> 4.output, kernel_shape = 7 18, strides = 7 18, pads = 0 0 "
                                "0 0, count_include_pad = 1",
                                "5: GlobalAveragePool(4.output) -> 5.output",
                                "6: Flatten(5.output) -> 6.output, axis = 1",
                                "7: Gemm(6.output, 7.weight, 7.bias) -> 7.output, transB = 1",
                                "8.0: Reshape(7.output, 8.0.shape) -> output",
                            });
    CHECK(constants_of(file, Moves::names().size()) == std::vector<std::string>{
                                                           "0.pads: 0 0 0 1 0 0 3 2 of int64",
                                                           "1.scales: 1 1 2 3 of float32",
                                                           "3.scales: 1 1 1 2 of float32",
                                                           "8.0.shape: 0 2 3 4 of int64",
                                                       });
}

TEST_CASE("pools say what differs from ONNX's defaults where it matters", "[onnx]") {
    using Pools = Sequential<Input<1, 9, 8>, MaxPool2d<Kernel<2>, CeilMode>, MaxPool2d<Kernel<1, 2>, CeilMode>,
                             AvgPool2d<Kernel<2>, Stride<1>, Padding<1>, NoCountPadding>,
                             AvgPool2d<Kernel<2>, NoCountPadding>, AvgPool2d<Kernel<2>, CeilMode>>;
    CHECK(nodes_of(exported<Pools>()) ==
          std::vector<std::string>{
              "0: MaxPool(input) -> 0.output, kernel_shape = 2 2, strides = 2 2, pads = 0 0 0 0, ceil_mode = 1",
              "1: MaxPool(0.output) -> 1.output, kernel_shape = 1 2, strides = 1 2, pads = 0 0 0 0",
              "2: AveragePool(1.output) -> 2.output, kernel_shape = 2 2, strides = 1 1, pads = 1 1 1 1, "
              "count_include_pad = 0",
              "3: AveragePool(2.output) -> 3.output, kernel_shape = 2 2, strides = 2 2, pads = 0 0 0 0, "
              "count_include_pad = 1",
              "4: AveragePool(3.output) -> output, kernel_shape = 2 2, strides = 2 2, pads = 0 0 0 0, ceil_mode = 1, "
              "count_include_pad = 1",
          });
}

TEST_CASE("branches, and what joins them", "[onnx]") {
    using JoinedNet =
        Sequential<Input<2, 4, 4>, Named<"stem", Conv2d<2, 2, Kernel<1>, NoBias>>, BatchNorm2d<2>, Residual<Sigmoid>,
                   Concat<Tanh, Sequential<Conv2d<2, 1, Kernel<1>, NoBias>, Dropout<>>>,
                   Multiply<ReLU, AvgPool2d<Kernel<4>>>, Residual<Flatten, Shortcut<Flatten>>>;
    const auto net = std::make_unique<JoinedNet>(filled<JoinedNet>());
    const std::string file = exported(*net);
    CHECK(nodes_of(file) ==
          std::vector<std::string>{
              "stem: Conv(input, stem.weight) -> stem.output, kernel_shape = 1 1, strides = 1 1, pads = 0 0 0 0, "
              "dilations = 1 1, group = 1",
              "1: BatchNormalization(stem.output, 1.weight, 1.bias, 1.running_mean, 1.running_var) -> 1.output, "
              "epsilon = 0.000010",
              "2.0: Sigmoid(1.output) -> 2.0.output",
              "2: Sum(2.0.output, 1.output) -> 2.output",
              "3.0: Tanh(2.output) -> 3.0.output",
              "3.1.0: Conv(2.output, 3.1.0.weight) -> 3.1.0.output, kernel_shape = 1 1, strides = 1 1, pads = 0 0 0 "
              "0, dilations = 1 1, group = 1",
              "3.1.1: Identity(3.1.0.output) -> 3.1.1.output",
              "3: Concat(3.0.output, 3.1.1.output) -> 3.output, axis = 1",
              "4.0: Relu(3.output) -> 4.0.output",
              "4.1: AveragePool(3.output) -> 4.1.output, kernel_shape = 4 4, strides = 4 4, pads = 0 0 0 0, "
              "count_include_pad = 1",
              "4: Mul(4.0.output, 4.1.output) -> 4.output",
              "5.0: Flatten(4.output) -> 5.0.output, axis = 1",
              "5.shortcut.0: Flatten(4.output) -> 5.shortcut.0.output, axis = 1",
              "5: Sum(5.0.output, 5.shortcut.0.output) -> output",
          });
}

TEST_CASE("networks without parameters, images as outputs, many parameters", "[onnx]") {
    const std::string image = exported<Image>();
    const std::string graph = Message(image).text(7);
    CHECK(Message(graph).texts(5).empty());
    CHECK(type_of(Message(Message(graph).text(12))) == "batch 3 2 2 of 1");
    CHECK(nodes_of(exported<Function>()) == std::vector<std::string>{"0: Relu(input) -> output"});
    const auto large = std::make_unique<Large>(filled<Large>());
    CHECK(has_parameters(exported(*large), *large));
}

TEST_CASE("networks of double", "[onnx]") {
    using Double = Small::with_scalar<double>;
    const auto net = std::make_unique<Double>(filled<Double>());
    const std::string file = exported(*net);
    CHECK(has_parameters(file, *net));
    const std::string graph = Message(file).text(7);
    CHECK(type_of(Message(Message(graph).text(11))) == "batch 1 6 6 of 11");
    CHECK(type_of(Message(Message(graph).text(12))) == "batch 5 of 11");
}

TEST_CASE("an activation of a program's own names its operator", "[onnx]") {
    CHECK(nodes_of(exported<WithOwn>()) == std::vector<std::string>{
                                               "0: LeakyRelu(input) -> 0.output",
                                               "1: Gemm(0.output, 1.weight, 1.bias) -> 1.output, transB = 1",
                                               "2.0: LeakyRelu(1.output) -> output",
                                           });
}

TEST_CASE("activations with attributes, and with constants as inputs", "[onnx]") {
    using Net = Sequential<Input<3>, LeakyReLU<0.25>, ELU, ELUWith<0.5>, SELU, Softplus, Hardtanh, ReLU6, Hardsigmoid,
                           Hardswish, Softmax, LogSoftmax>;
    CHECK(nodes_of(exported<Net>()) == std::vector<std::string>{
                                           "0: LeakyRelu(input) -> 0.output, alpha = 0.250000",
                                           "1: Elu(0.output) -> 1.output",
                                           "2: Elu(1.output) -> 2.output, alpha = 0.500000",
                                           "3: Selu(2.output) -> 3.output",
                                           "4: Softplus(3.output) -> 4.output",
                                           "5.constant1: Constant() -> 5.constant1, value = -1.000000",
                                           "5.constant1b: Constant() -> 5.constant1b, value = 1.000000",
                                           "5: Clip(4.output, 5.constant1, 5.constant1b) -> 5.output",
                                           "6.constant1: Constant() -> 6.constant1, value = 0.000000",
                                           "6.constant1b: Constant() -> 6.constant1b, value = 6.000000",
                                           "6: Clip(5.output, 6.constant1, 6.constant1b) -> 6.output",
                                           "7: HardSigmoid(6.output) -> 7.output, alpha = 0.166667, beta = 0.500000",
                                           "8: HardSwish(7.output) -> 8.output",
                                           "9: Softmax(8.output) -> 9.output, axis = 1",
                                           "10: LogSoftmax(9.output) -> output, axis = 1",
                                       });
}

TEST_CASE("layers of several operators", "[onnx]") {
    using Net = Sequential<Input<3>, SiLU, GELU>::with_scalar<double>;
    CHECK(nodes_of(exported<Net>()) == std::vector<std::string>{
                                           "0.node1: Sigmoid(input) -> 0.value1",
                                           "0.node2: Mul(input, 0.value1) -> 0.output",
                                           "1.constant1: Constant() -> 1.constant1, value = 0.707107",
                                           "1.node1: Mul(0.output, 1.constant1) -> 1.value1",
                                           "1.node2: Erf(1.value1) -> 1.value2",
                                           "1.constant3: Constant() -> 1.constant3, value = 1.000000",
                                           "1.node3: Add(1.value2, 1.constant3) -> 1.value3",
                                           "1.node4: Mul(0.output, 1.value3) -> 1.value4",
                                           "1.constant5: Constant() -> 1.constant5, value = 0.500000",
                                           "1.node5: Mul(1.value4, 1.constant5) -> output",
                                       });
}

TEST_CASE("norms without weights have constants in their place", "[onnx]") {
    using Net = Sequential<Input<2, 1, 3>, BatchNorm2d<2, NoAffine>, LayerNorm<NoAffine>, LayerNorm<NoBias>>;
    const std::vector<std::string> nodes{
        "0.filled1: Constant() -> 0.filled1, value = 1.000000 2",
        "0.filled1b: Constant() -> 0.filled1b, value = 0.000000 2",
        "0: BatchNormalization(input, 0.filled1, 0.filled1b, 0.running_mean, 0.running_var) -> 0.output, "
        "epsilon = 0.000010",
        "1.filled1: Constant() -> 1.filled1, value = 1.000000 2 1 3",
        "1: LayerNormalization(0.output, 1.filled1) -> 1.output, axis = 1, epsilon = 0.000010",
        "2: LayerNormalization(1.output, 2.weight) -> output, axis = 1, epsilon = 0.000010",
    };
    CHECK(nodes_of(exported<Net>()) == nodes);
    CHECK(nodes_of(exported<Net::with_scalar<double>>()) == nodes);
}

TEST_CASE("GroupNorm normalises groups as instances", "[onnx]") {
    using Net = Sequential<Input<4, 2, 1>, GroupNorm<2, 4>, GroupNorm<1, 4, NoAffine>, Flatten, GroupNorm<2, 8>>;
    const auto net = std::make_unique<Net>(filled<Net>());
    const std::string file = exported(*net);
    CHECK(nodes_of(file) == std::vector<std::string>{
                                "0.node1: Reshape(input, 0.groups) -> 0.value1",
                                "0.filled2: Constant() -> 0.filled2, value = 1.000000 2",
                                "0.filled2b: Constant() -> 0.filled2b, value = 0.000000 2",
                                "0.node2: InstanceNormalization(0.value1, 0.filled2, 0.filled2b) -> 0.value2, "
                                "epsilon = 0.000010",
                                "0.node3: Reshape(0.value2, 0.shape) -> 0.value3",
                                "0.node4: Mul(0.value3, 0.weight) -> 0.value4",
                                "0.node5: Add(0.value4, 0.bias) -> 0.output",
                                "1.node1: Reshape(0.output, 1.groups) -> 1.value1",
                                "1.filled2: Constant() -> 1.filled2, value = 1.000000 1",
                                "1.filled2b: Constant() -> 1.filled2b, value = 0.000000 1",
                                "1.node2: InstanceNormalization(1.value1, 1.filled2, 1.filled2b) -> 1.value2, "
                                "epsilon = 0.000010",
                                "1.node3: Reshape(1.value2, 1.shape) -> 1.output",
                                "2: Flatten(1.output) -> 2.output, axis = 1",
                                "3.node1: Reshape(2.output, 3.groups) -> 3.value1",
                                "3.filled2: Constant() -> 3.filled2, value = 1.000000 2",
                                "3.filled2b: Constant() -> 3.filled2b, value = 0.000000 2",
                                "3.node2: InstanceNormalization(3.value1, 3.filled2, 3.filled2b) -> 3.value2, "
                                "epsilon = 0.000010",
                                "3.node3: Reshape(3.value2, 3.shape) -> 3.value3",
                                "3.node4: Mul(3.value3, 3.weight) -> 3.value4",
                                "3.node5: Add(3.value4, 3.bias) -> output",
                            });
    // A size of -1 is what is left.
    CHECK(constants_of(file, Net::names().size()) == std::vector<std::string>{
                                                         "0.groups: 0 2 18446744073709551615 of int64",
                                                         "0.shape: 0 4 2 1 of int64",
                                                         "1.groups: 0 1 18446744073709551615 of int64",
                                                         "1.shape: 0 4 2 1 of int64",
                                                         "3.groups: 0 2 18446744073709551615 of int64",
                                                         "3.shape: 0 8 of int64",
                                                     });
    CHECK(has_parameters(file, *net));
    const std::string graph = Message(file).text(7);
    const std::vector<std::string> tensors = Message(graph).texts(5);
    CHECK(Message(tensors.at(6)).numbers(1) == std::vector<std::uint64_t>{4, 1, 1});
    CHECK(Message(tensors.at(8)).numbers(1) == std::vector<std::uint64_t>{8});
}

TEST_CASE("the weights of PReLU are broadcast along the pixels", "[onnx]") {
    using Net = Sequential<Input<3, 2, 2>, PReLU<3>, PReLU<>, Flatten, PReLU<12>>;
    const auto net = std::make_unique<Net>(filled<Net>());
    const std::string file = exported(*net);
    CHECK(nodes_of(file) == std::vector<std::string>{
                                "0: PRelu(input, 0.weight) -> 0.output",
                                "1: PRelu(0.output, 1.weight) -> 1.output",
                                "2: Flatten(1.output) -> 2.output, axis = 1",
                                "3: PRelu(2.output, 3.weight) -> output",
                            });
    CHECK(has_parameters(file, *net));
    const std::string graph = Message(file).text(7);
    const std::vector<std::string> tensors = Message(graph).texts(5);
    CHECK(Message(tensors.at(0)).numbers(1) == std::vector<std::uint64_t>{3, 1, 1});
    CHECK(Message(tensors.at(1)).numbers(1) == std::vector<std::uint64_t>{1});
    CHECK(Message(tensors.at(2)).numbers(1) == std::vector<std::uint64_t>{12});
}

TEST_CASE("the same network gives the same bytes, and values that are not finite are kept", "[onnx]") {
    CHECK(exported<Nested>() == exported<Nested>());
    Small net = filled<Small>();
    const std::string before = exported(net);
    net.parameters()[1] = std::numeric_limits<float>::signaling_NaN();
    net.parameters()[2] = -std::numeric_limits<float>::infinity();
    const std::string after = exported(net);
    CHECK(after.size() == before.size());
    CHECK(after != before);
    CHECK(has_parameters(after, net));
}

TEST_CASE("a file that cannot be written", "[onnx]") {
    const ScratchFolder folder;
    const Small net = filled<Small>();
    CHECK_THROWS_AS(export_onnx(net, folder.path() / "missing" / "net.onnx"), FileUnwritable);
    CHECK_THROWS_AS(export_onnx(net, folder.path()), FileUnwritable);
    CHECK(names_in(folder.path()).empty());
}

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL {

/// OnnxAttribute: an attribute of an ONNX operator: a number, a list of integers, or a word.
struct OnnxAttribute {
    enum class Type : unsigned char { number = 1, integer = 2, word = 3, integers = 7 };  // as AttributeProto has them

    std::string_view name;
    Type type = Type::integer;
    float number = 0;
    std::string_view word{};
    std::array<std::uint64_t, 4> values{};
    std::size_t count = 0;  // of values
};

/// OnnxConstant: an input of an ONNX operator that is the same for every network of a type, such as the shape of
/// Reshape: a list of numbers. Without a name it is an input that is left out.
struct OnnxConstant {
    enum class Type : unsigned char { float32 = 1, int64 = 7 };  // as TensorProto has them

    std::string_view name;
    Type type = Type::int64;
    std::array<std::uint64_t, 8> values{};
    std::size_t count = 0;
};

/// OnnxFill: an input of an ONNX operator whose elements are all one number, of the network's type. A scalar has no
/// dims.
struct OnnxFill {
    double number = 0;
    std::array<std::uint64_t, 4> dims{};
    std::size_t rank = 0;
};

/// OnnxNode: what a layer is in an ONNX file: an operator and its attributes. Its inputs are what arrives at the layer,
/// filled tensors, the layer's tensors, in their order, scalars and constants. A layer without an operator of its own
/// is an array of nodes: each names its inputs, and the last one gives the output.
struct OnnxNode {
    std::string_view op_type;
    std::array<OnnxAttribute, 6> attributes{};
    std::size_t attribute_count = 0;
    std::array<OnnxConstant, 2> constants{};
    std::size_t constant_count = 0;
    std::array<std::size_t, 2> inputs{};  // 0: what arrives at the layer; n: the output of its node n, from 1
    std::size_t input_count = 1;
    std::array<double, 2> scalars{};  // behind the layer's tensors
    std::size_t scalar_count = 0;
    std::array<OnnxFill, 2> fills{};  // in front of the layer's tensors
    std::size_t fill_count = 0;
    std::size_t first_tensor = 0;  // the tensors of the layer that the node has: all, if nothing is said
    std::size_t tensor_count = all_tensors;
    std::size_t trailing_axes = 0;  // axes of size 1 that the layer's tensors have behind theirs

    static constexpr std::size_t all_tensors = static_cast<std::size_t>(-1);

    /// The same with one attribute more.
    constexpr OnnxNode with(std::string_view name, std::uint64_t value) const {
        return with(OnnxAttribute{.name = name, .values = {value}, .count = 1});
    }
    constexpr OnnxNode with_number(std::string_view name, double number) const {
        return with(
            OnnxAttribute{.name = name, .type = OnnxAttribute::Type::number, .number = static_cast<float>(number)});
    }
    constexpr OnnxNode with_word(std::string_view name, std::string_view word) const {
        return with(OnnxAttribute{.name = name, .type = OnnxAttribute::Type::word, .word = word});
    }
    constexpr OnnxNode with_list(std::string_view name, std::initializer_list<std::uint64_t> values) const {
        OnnxAttribute attribute{.name = name, .type = OnnxAttribute::Type::integers};
        for (const std::uint64_t value : values) {
            attribute.values[attribute.count++] = value;
        }
        return with(attribute);
    }
    /// The same with one constant input more.
    constexpr OnnxNode with_input(std::string_view name, OnnxConstant::Type type,
                                  std::initializer_list<std::uint64_t> values) const {
        OnnxNode node = *this;
        OnnxConstant& constant = node.constants[node.constant_count++];
        constant.name = name;
        constant.type = type;
        for (const std::uint64_t value : values) {
            constant.values[constant.count++] = value;
        }
        return node;
    }
    constexpr OnnxNode without_input() const { return with_input({}, OnnxConstant::Type::int64, {}); }
    /// The same with a scalar more as an input: the limits of a Clip are no attributes.
    constexpr OnnxNode with_scalar(double number) const {
        OnnxNode node = *this;
        node.scalars[node.scalar_count++] = number;
        return node;
    }
    /// The same with a tensor more in front of the layer's own: all its elements are one number.
    constexpr OnnxNode with_filled(double number, std::initializer_list<std::uint64_t> dims) const {
        OnnxNode node = *this;
        OnnxFill& fill = node.fills[node.fill_count++];
        fill.number = number;
        for (const std::uint64_t dim : dims) {
            fill.dims[fill.rank++] = dim;
        }
        return node;
    }
    /// The same with `count` of the layer's tensors, from the one that is given.
    constexpr OnnxNode with_tensors(std::size_t first, std::size_t count) const {
        OnnxNode node = *this;
        node.first_tensor = first;
        node.tensor_count = count;
        return node;
    }
    /// The same on other inputs: OnnxNode{"Mul"}.on(0, 2) multiplies what arrives by the output of the layer's second
    /// node.
    template <typename... Input>
    constexpr OnnxNode on(Input... input) const {
        OnnxNode node = *this;
        node.inputs = {static_cast<std::size_t>(input)...};
        node.input_count = sizeof...(Input);
        return node;
    }
    /// The attributes that convolutions and pooling share; dilations are not among them.
    constexpr OnnxNode with_window(const Window& window) const {
        return with_list("kernel_shape", {window.kernel.height, window.kernel.width})
            .with_list("strides", {window.stride.height, window.stride.width})
            .with_list("pads",
                       {window.padding.height, window.padding.width, window.padding.height, window.padding.width});
    }
    /// The same for layers with one axis, the width.
    constexpr OnnxNode with_window_1d(const Window& window) const {
        return with_list("kernel_shape", {window.kernel.width})
            .with_list("strides", {window.stride.width})
            .with_list("pads", {window.padding.width, window.padding.width});
    }

private:
    constexpr OnnxNode with(const OnnxAttribute& attribute) const {
        OnnxNode node = *this;
        node.attributes[node.attribute_count++] = attribute;
        return node;
    }
};

}  // namespace CTCNN_DETAIL

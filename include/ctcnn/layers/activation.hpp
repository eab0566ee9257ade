// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/lane_math.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/copying.hpp>

namespace CTCNN_API {

/// Activation: the base of a layer that applies a function to each element, such as
///     struct LeakyReLU : Activation<LeakyReLU> {
///         static constexpr std::string_view name = "LeakyReLU()";  // for summary; may be left out
///         static constexpr std::string_view onnx = "LeakyRelu";    // for export_onnx; may be left out
///         template <typename V>
///         static constexpr V forward(V x);              // the output
///         template <typename V>
///         static constexpr V backward(V y, V grad);     // grad times the derivative, as a function of the output y
///     };
/// The functions may be those of another type, the second argument. lane_math has what they compute with.
/// Shapes   any -> the same
template <typename Self, typename F = Self>
struct Activation {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : detail_::CopyingLayer<S, S> {
        static constexpr detail_::LayerKind kind = detail_::LayerKind::elementwise;
        using layer = Self;
        using Function = F;

        /// The attributes of the operator have their default values.
        static consteval detail_::OnnxNode onnx()
            requires requires { std::string_view(Self::onnx); }
        {
            return {Self::onnx};
        }
    };

    static constexpr void describe(detail_::Description& text) {
        if constexpr (requires { std::string_view(Self::name); }) {
            text.append(Self::name);
        } else {
            text.append("(no description)");
        }
    }
};

}  // namespace CTCNN_API

namespace ctcnn {

/// ReLU: max(0, x).
/// Shapes   any -> the same
/// As in    torch.nn.ReLU
struct ReLU : Activation<ReLU, detail_::kernels::ReLU> {
    static constexpr std::string_view name = "ReLU()";
    static constexpr std::string_view onnx = "Relu";
};

/// Sigmoid: 1/(1 + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Sigmoid
struct Sigmoid : Activation<Sigmoid, detail_::kernels::Sigmoid> {
    static constexpr std::string_view name = "Sigmoid()";
    static constexpr std::string_view onnx = "Sigmoid";
};

/// Tanh: (e^x - e^-x)/(e^x + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.Tanh
struct Tanh : Activation<Tanh, detail_::kernels::Tanh> {
    static constexpr std::string_view name = "Tanh()";
    static constexpr std::string_view onnx = "Tanh";
};

}  // namespace ctcnn

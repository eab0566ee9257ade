// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/lane_math.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/copying.hpp>

namespace CTCNN_API {

/// Activation: the base of a layer that applies a function to each element, such as
///     struct Softsign : Activation<Softsign> {
///         static constexpr std::string_view name = "Softsign()";  // for summary; may be left out
///         static constexpr std::string_view onnx = "Softsign";    // for export_onnx; may be left out
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
    struct At : detail_::CopyingLayer<Self, S> {
        static constexpr detail_::LayerKind kind = detail_::LayerKind::elementwise;
        using Function = F;
        static constexpr bool gives_probabilities = requires { requires Self::gives_probabilities; };

        /// The attributes of the operator have their default values, unless Self::onnx is a whole OnnxNode.
        static consteval detail_::OnnxNode onnx()
            requires requires { detail_::OnnxNode{Self::onnx}; }
        {
            return detail_::OnnxNode{Self::onnx};
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
    static constexpr bool gives_probabilities = true;
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

/// LeakyReLU: x for x > 0, Slope * x elsewhere; Slope >= 0.
/// Shapes   any -> the same
/// As in    torch.nn.LeakyReLU
template <double Slope = 0.01>
    requires(Slope >= 0)
struct LeakyReLU : Activation<LeakyReLU<Slope>, detail_::kernels::LeakyReLU<Slope>> {
    static constexpr auto onnx = detail_::OnnxNode{"LeakyRelu"}.with_number("alpha", Slope);

    static constexpr void describe(detail_::Description& text) {
        text.append("LeakyReLU(");
        detail_::describe_real(text, "negative_slope", Slope);
        text.append(")");
    }
};

/// ELUWith: ELU with another alpha: x for x > 0, Alpha * (e^x - 1) elsewhere; Alpha >= 0.
/// Shapes   any -> the same
/// As in    torch.nn.ELU(alpha)
template <double Alpha>
    requires(Alpha >= 0)
struct ELUWith : Activation<ELUWith<Alpha>, detail_::kernels::ScaledELU<Alpha>> {
    static constexpr auto onnx = detail_::OnnxNode{"Elu"}.with_number("alpha", Alpha);

    static constexpr void describe(detail_::Description& text) {
        text.append("ELU(");
        detail_::describe_real(text, "alpha", Alpha);
        text.append(")");
    }
};

/// ELU: x for x > 0, e^x - 1 elsewhere.
/// Shapes   any -> the same
/// As in    torch.nn.ELU
struct ELU : Activation<ELU, detail_::kernels::ScaledELU<1.0>> {
    static constexpr std::string_view name = "ELU(alpha=1.0)";
    static constexpr std::string_view onnx = "Elu";
};

/// SELU: 1.0507 * x for x > 0, 1.0507 * 1.67326 * (e^x - 1) elsewhere.
/// Shapes   any -> the same
/// As in    torch.nn.SELU
/// Source   Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", NIPS 2017
struct SELU : Activation<SELU, detail_::kernels::ScaledELU<1.6732632423543772, 1.0507009873554805>> {
    static constexpr std::string_view name = "SELU()";
    static constexpr std::string_view onnx = "Selu";
};

/// Softplus: log(1 + e^x), and x for x > 20.
/// Shapes   any -> the same
/// As in    torch.nn.Softplus
struct Softplus : Activation<Softplus, detail_::kernels::Softplus<1.0, 20.0>> {
    static constexpr std::string_view name = "Softplus(beta=1.0, threshold=20.0)";
    static constexpr std::string_view onnx = "Softplus";
};

/// HardtanhWith: x limited to Min ... Max; Min < Max.
/// Shapes   any -> the same
/// As in    torch.nn.Hardtanh(min_val, max_val)
template <double Min, double Max>
    requires(Min < Max)
struct HardtanhWith : Activation<HardtanhWith<Min, Max>, detail_::kernels::Clamp<Min, Max>> {
    static constexpr auto onnx = detail_::OnnxNode{"Clip"}.with_scalar(Min).with_scalar(Max);

    static constexpr void describe(detail_::Description& text) {
        text.append("Hardtanh(");
        detail_::describe_real(text, "min_val", Min);
        detail_::describe_real(text, "max_val", Max);
        text.append(")");
    }
};

/// Hardtanh: x limited to -1 ... 1.
/// Shapes   any -> the same
/// As in    torch.nn.Hardtanh
struct Hardtanh : Activation<Hardtanh, detail_::kernels::Clamp<-1.0, 1.0>> {
    static constexpr std::string_view name = "Hardtanh(min_val=-1.0, max_val=1.0)";
    static constexpr auto onnx = HardtanhWith<-1.0, 1.0>::onnx;
};

/// ReLU6: x limited to 0 ... 6.
/// Shapes   any -> the same
/// As in    torch.nn.ReLU6
struct ReLU6 : Activation<ReLU6, detail_::kernels::Clamp<0.0, 6.0>> {
    static constexpr std::string_view name = "ReLU6()";
    static constexpr auto onnx = HardtanhWith<0.0, 6.0>::onnx;
};

/// Hardsigmoid: (x + 3)/6, limited to 0 ... 1.
/// Shapes   any -> the same
/// As in    torch.nn.Hardsigmoid
struct Hardsigmoid : Activation<Hardsigmoid, detail_::kernels::Hardsigmoid> {
    static constexpr bool gives_probabilities = true;
    static constexpr std::string_view name = "Hardsigmoid()";
    static constexpr auto onnx =
        detail_::OnnxNode{"HardSigmoid"}.with_number("alpha", 1.0 / 6).with_number("beta", 0.5);
};

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/join.hpp>
#include <ctcnn/layers/copying.hpp>

namespace CTCNN_DETAIL {

/// Map: the base of a layer that applies a function F to each element whose derivative is one of the input, and not of
/// the output alone. It keeps its input for that, where an Activation changes the output of the layer before it.
template <typename Self, typename F>
struct Map {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {};
    }

    template <typename S>
    struct At : CopyingLayer<Self, S> {
        using Copy = CopyingLayer<Self, S>;

        static consteval auto onnx()
            requires requires { Self::onnx(); }
        {
            return Self::onnx();
        }

        template <typename Stage>
        static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                      typename Stage::V* output, typename Stage::V* saved, typename Stage::V* scratch) {
            using Both = typename Stage::template WithFunction<kernels::Composed<F, typename Stage::Function>>;
            Copy::template forward<Both>(parameters, input, output, saved, scratch);
        }
        template <typename Stage>
        static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                             const typename Stage::V* grad_output, const typename Stage::V* saved,
                                             typename Stage::V* scratch) {
            using Both = typename Stage::template WithFunction<kernels::Composed<F, typename Stage::Function>>;
            Copy::template backward_input<Both>(parameters, grad_input, grad_output, saved, scratch);
        }

        template <typename Stage, Pooling>
        using Prepared = kernels::prepared::Map<
            typename Stage::template WithFunction<kernels::Composed<F, typename Stage::Function>>>;
    };

    static constexpr void describe(Description& text) { text.append(Self::name); }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// GELU: x * P(X <= x) for a standard normal X.
/// Shapes   any -> the same
/// As in    torch.nn.GELU
/// Source   Hendrycks and Gimpel, "Gaussian error linear units", 2016
struct GELU : detail_::Map<GELU, detail_::kernels::GELU> {
    static constexpr std::string_view name = "GELU(approximate='none')";
    static consteval auto onnx() {
        return std::array{detail_::OnnxNode{"Mul"}.with_scalar(0.70710678118654752), detail_::OnnxNode{"Erf"}.on(1),
                          detail_::OnnxNode{"Add"}.on(2).with_scalar(1), detail_::OnnxNode{"Mul"}.on(0, 3),
                          detail_::OnnxNode{"Mul"}.on(4).with_scalar(0.5)};
    }
};

/// GELUTanh: GELU by an approximation with tanh.
/// Shapes   any -> the same
/// As in    torch.nn.GELU(approximate="tanh")
struct GELUTanh : detail_::Map<GELUTanh, detail_::kernels::GELUTanh> {
    static constexpr std::string_view name = "GELU(approximate='tanh')";
    static consteval auto onnx() {
        return std::array{detail_::OnnxNode{"Mul"}.on(0, 0),
                          detail_::OnnxNode{"Mul"}.on(1, 0),
                          detail_::OnnxNode{"Mul"}.on(2).with_scalar(0.044715),
                          detail_::OnnxNode{"Add"}.on(0, 3),
                          detail_::OnnxNode{"Mul"}.on(4).with_scalar(0.79788456080286536),
                          detail_::OnnxNode{"Tanh"}.on(5),
                          detail_::OnnxNode{"Add"}.on(6).with_scalar(1),
                          detail_::OnnxNode{"Mul"}.on(0, 7),
                          detail_::OnnxNode{"Mul"}.on(8).with_scalar(0.5)};
    }
};

/// SiLU: x/(1 + e^-x).
/// Shapes   any -> the same
/// As in    torch.nn.SiLU
struct SiLU : detail_::Map<SiLU, detail_::kernels::SiLU> {
    static constexpr std::string_view name = "SiLU()";
    static consteval auto onnx() { return std::array{detail_::OnnxNode{"Sigmoid"}, detail_::OnnxNode{"Mul"}.on(0, 1)}; }
};

/// Hardswish: x * (x + 3)/6, with the factor (x + 3)/6 limited to 0 ... 1.
/// Shapes   any -> the same
/// As in    torch.nn.Hardswish
/// Source   Howard et al., "Searching for MobileNetV3", ICCV 2019
struct Hardswish : detail_::Map<Hardswish, detail_::kernels::Hardswish> {
    static constexpr std::string_view name = "Hardswish()";
    static consteval auto onnx() { return detail_::OnnxNode{"HardSwish"}; }
};

/// SoftplusWith: Softplus with another beta or threshold: log(1 + e^(Beta x))/Beta, and x where Beta x > Threshold;
/// Beta > 0.
/// Shapes   any -> the same
/// As in    torch.nn.Softplus(beta, threshold)
template <double Beta, double Threshold = 20.0>
    requires(Beta > 0)
struct SoftplusWith : detail_::Map<SoftplusWith<Beta, Threshold>, detail_::kernels::SoftplusOfInput<Beta, Threshold>> {
    /// ONNX has no threshold: with a low one it is another function.
    static consteval auto onnx()
        requires(Threshold >= 20)
    {
        return std::array{detail_::OnnxNode{"Mul"}.with_scalar(Beta), detail_::OnnxNode{"Softplus"}.on(1),
                          detail_::OnnxNode{"Mul"}.on(2).with_scalar(1 / Beta)};
    }

    static constexpr void describe(detail_::Description& text) {
        text.append("Softplus(");
        detail_::describe_real(text, "beta", Beta);
        detail_::describe_real(text, "threshold", Threshold);
        text.append(")");
    }
};

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/prelu.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// BoundPReLU: PReLU with so many weights on shape S; L is the layer as it is spelled.
template <typename L, std::size_t Weights, typename S>
struct BoundPReLU : BoundLayer<L, S> {
    using weight_shape = Shape<Weights>;
    static constexpr std::array<double, 2> initial{0.25, 0};

    /// The weights of channels are broadcast along the axes behind them.
    static consteval OnnxNode onnx() {
        OnnxNode node{"PRelu"};
        node.trailing_axes = Weights == 1 ? 0 : S::rank - 1;
        return node;
    }

    template <typename Stage>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V*, typename Stage::V*) {
        kernels::prelu_forward<Weights, Channels<Stage>>(parameters, input, output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::prelu_backward_input<Weights, Channels<Stage>>(parameters, grad_input, grad_output);
    }
    template <typename Stage>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* gradient, typename Stage::V*) {
        kernels::prelu_backward_weight<Weights, Channels<Stage>>(input, grad_output, add, gradient);
    }
    template <typename Stage>
    static constexpr void backward(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                   const typename Stage::V* grad_output, bool add, typename Stage::T* gradient,
                                   typename Stage::V* scratch) {
        backward_parameters<Stage>(grad_input, grad_output, add, gradient, scratch);
        backward_input<Stage>(parameters, grad_input, grad_output, nullptr, scratch);
    }

private:
    template <typename Stage>
    using Channels = typename Stage::template WithLayouts<channels_first_t<typename Stage::In, S>,
                                                          channels_first_t<typename Stage::Out, S>>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// PReLU: x for x > 0, weight * x elsewhere, with one learned weight, or one for each of C channels (features),
/// which initialize sets to 0.25.
/// Shapes   any -> the same
/// Params   weight (C)
/// Refuses  zero_channels · number_too_large · in_channels
/// As in    torch.nn.PReLU(C)
/// Source   He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015
template <std::size_t C = 1>
struct PReLU {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        if (C == 0) {
            return {Reason::zero_channels};
        }
        if (C > detail_::largest_number) {
            return {Reason::number_too_large};
        }
        return C == 1 || C == shape.dim(0) ? Mismatch{} : Mismatch{Reason::in_channels, C};
    }

    template <typename S>
    using At = detail_::BoundPReLU<PReLU, C, S>;
    template <typename S>
    using correction = corrected<PReLU<S::dim(0)>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("PReLU(num_parameters=");
        text.append_number(C);
        text.append(")");
    }
};

}  // namespace ctcnn

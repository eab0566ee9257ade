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

namespace CTCNN_DETAIL {

/// BoundPReLU: PReLU with so many weights on shape S; L is the layer as it is spelled.
template <typename L, std::size_t Weights, typename S>
struct BoundPReLU {
    static constexpr LayerKind kind = LayerKind::compute;

    using layer = L;
    using input_shape = S;
    using output_shape = S;
    using weight_shape = Shape<Weights>;
    using bias_shape = NoParameter;
    static constexpr std::array<double, 2> initial{0.25, 0};
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    /// The weights of channels are broadcast along the axes behind them.
    static consteval OnnxNode onnx() {
        OnnxNode node{"PRelu"};
        node.trailing_axes = Weights == 1 ? 0 : S::rank - 1;
        return node;
    }

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>* parameters, const V* input, V* output, V*, V*) {
        kernels::prelu_forward<Weights, Axis<InLayout>, Axis<OutLayout>, Activation>(parameters, input, output);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, const V*,
                                         V*) {
        kernels::prelu_backward_input<Weights, Axis<InLayout>, Axis<OutLayout>, Before>(parameters, grad_input,
                                                                                        grad_output);
    }
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr void backward_parameters(const V* input, const V* grad_output, bool add, scalar_t<V>* gradient,
                                              V*) {
        kernels::prelu_backward_weight<Weights, Axis<InLayout>, Axis<OutLayout>>(input, grad_output, add, gradient);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, bool add,
                                   scalar_t<V>* gradient, V* scratch) {
        backward_parameters<InLayout, OutLayout>(grad_input, grad_output, add, gradient, scratch);
        backward_input<InLayout, OutLayout, Before>(parameters, grad_input, grad_output, static_cast<const V*>(nullptr),
                                                    scratch);
    }

private:
    template <typename In>
    using Axis = channels_first_t<In, S>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// PReLU: x for x > 0, weight * x elsewhere, with one learned weight, or one for each of C channels (features). A
/// weight begins with 0.25, and initialize sets it to that.
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

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/ways.hpp>

namespace CTCNN_DETAIL {

/// BoundConv2d: Conv2d on images of shape S; L is the layer as it is spelled.
template <typename L, std::size_t In, std::size_t Out, LayerOptions options, typename S>
struct BoundConv2d {
    static constexpr LayerKind kind = LayerKind::compute;
    static constexpr Window window = window_of(options);
    static constexpr Extent extent = output_extent(window, S::dim(1), S::dim(2));
    static constexpr kernels::Conv2dGeometry geometry{In, Out, options.groups, window};

    using layer = L;
    using input_shape = S;
    using output_shape = Shape<Out, extent.height, extent.width>;
    using weight_shape = Shape<Out, In / options.groups, window.kernel.height, window.kernel.width>;
    using bias_shape = Shape<options.bias ? Out : 0>;

    static constexpr std::size_t fan_in = weight_shape::size / Out;
    static constexpr std::size_t fan_out = Out * geometry.taps();
    static constexpr std::uint64_t multiply_adds = saturating_product<std::uint64_t>({output_shape::size, fan_in});

    static consteval OnnxNode onnx() {
        return OnnxNode{"Conv"}
            .with_window(window)
            .with_list("dilations", {window.dilation.height, window.dilation.width})
            .with("group", options.groups);
    }

    static constexpr Extent input_border = window.padding;
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    template <typename InLayout, typename OutLayout, typename Function, Number V>
    using Stage = kernels::ConvStage<geometry, InLayout, OutLayout, Function, V>;
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr std::size_t scratch_size =
        kernels::conv2d::scratch_size<Stage<InLayout, OutLayout, NoFunction, V>>;
    template <typename InLayout, typename OutLayout, typename T>
    static constexpr std::size_t stack_size = kernels::conv2d::stack_size<Stage<InLayout, OutLayout, NoFunction, T>>;
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr bool by_rows = kernels::conv2d::by_rows<Stage<InLayout, OutLayout, NoFunction, V>>;

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward_rows(const scalar_t<V>* parameters, const V* input, V* output, V*, V* scratch,
                                       Range rows) {
        kernels::conv2d::forward_rows<Stage<InLayout, OutLayout, Activation, V>>(input, parameters, bias(parameters),
                                                                                 output, scratch, rows);
    }
    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>* parameters, const V* input, V* output, V*, V* scratch) {
        kernels::conv2d::forward<Stage<InLayout, OutLayout, Activation, V>>(input, parameters, bias(parameters), output,
                                                                            scratch);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, const V*,
                                         V* scratch) {
        kernels::conv2d::backward_input<Stage<InLayout, OutLayout, Before, V>>(grad_input, parameters, grad_output,
                                                                               scratch);
    }
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr void backward_parameters(const V* input, const V* grad_output, bool add, scalar_t<V>* gradient,
                                              V* scratch) {
        kernels::conv2d::backward_parameters<Stage<InLayout, OutLayout, NoFunction, V>>(
            input, grad_output, add, gradient, bias(gradient), scratch);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, bool add,
                                   scalar_t<V>* gradient, V* scratch) {
        kernels::conv2d::backward<Stage<InLayout, OutLayout, Before, V>>(grad_input, parameters, grad_output, add,
                                                                         gradient, bias(gradient), scratch);
    }

private:
    template <typename T>
    static constexpr auto bias([[maybe_unused]] T* parameters) {
        if constexpr (options.bias) {
            return parameters + weight_shape::size;
        } else {
            return nullptr;
        }
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Conv2d: 2-D cross-correlation over an image.
/// Options  Kernel (required), Padding<0>, Stride<1>, Dilation<1>, Groups<1>, NoBias
/// Shapes   (Ci, Hi, Wi) -> (Co, Ho, Wo);  Ho = (Hi + 2*Padding - Dilation*(Kernel - 1) - 1)/Stride + 1
/// Params   weight (Co, Ci/Groups, Kh, Kw), bias (Co)
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · zero_dilation · zero_groups
///          · zero_channels · number_too_large · groups_divide · image_rank · in_channels · kernel_too_large
/// As in    torch.nn.Conv2d
template <std::size_t In, std::size_t Out, typename... Options>
struct Conv2d {
    static constexpr detail_::LayerOptions options = detail_::read_options<Options...>(
        detail_::Option::kernel | detail_::Option::padding | detail_::Option::stride | detail_::Option::dilation |
        detail_::Option::groups | detail_::Option::no_bias);

    template <std::size_t... Dims>
    static consteval Mismatch(check)([[maybe_unused]] Shape<Dims...> shape) {
        if (options.reason != Reason::none) {
            return {options.reason};
        }
        if (In == 0 || Out == 0) {
            return {Reason::zero_channels};
        }
        if (In > detail_::largest_number || Out > detail_::largest_number) {
            return {Reason::number_too_large};
        }
        if (In % options.groups != 0 || Out % options.groups != 0) {
            return {Reason::groups_divide};
        }
        if constexpr (sizeof...(Dims) != 3) {
            return {Reason::image_rank};
        } else {
            if (shape.dim(0) != In) {
                return {Reason::in_channels, In};
            }
            if (!detail_::fits(detail_::window_of(options), shape.dim(1), shape.dim(2))) {
                return {Reason::kernel_too_large};
            }
            return {};
        }
    }

    template <typename S>
    using At = detail_::BoundConv2d<Conv2d, In, Out, options, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<Conv2d> {};
    template <typename S>
        requires(S::rank == 3)
    using correction = corrected<Conv2d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Conv2d(");
        detail_::describe_sizes(text, In, Out);
        detail_::describe_options(text, options);
        text.append(")");
    }
};

/// LazyConv2d: Conv2d whose number of input channels is taken from what arrives.
/// As in    torch.nn.LazyConv2d
template <std::size_t Out, typename... Options>
struct LazyConv2d {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        if constexpr (sizeof...(Dims) == 3) {
            return (Conv2d<Shape<Dims...>::dim(0), Out, Options...>::check)(shape);
        } else {
            // The options are looked at first, as Conv2d does; the rank is what remains.
            return (Conv2d<Out, Out, Options...>::check)(shape);
        }
    }

    template <typename S>
    using At = typename Conv2d<S::dim(0), Out, Options...>::template At<S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<LazyConv2d> {};
};

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d.hpp>
#include <ctcnn/kernels/conv2d_backward.hpp>
#include <ctcnn/kernels/conv2d_one_channel.hpp>
#include <ctcnn/kernels/conv2d_winograd.hpp>

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

    /// Whether rows are filtered with fewer multiplications: for tiles of images, where it pays. Images of one channel
    /// have a form of their own for it.
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr bool filters = is_lanes<V> && kernels::WinogradPlan<geometry, InLayout, OutLayout>::pays;
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr bool filters_one_channel_forward =
        is_lanes<V> && kernels::OneChannelPlan<geometry, InLayout, OutLayout>::forward_pays;
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr bool filters_one_channel_backward =
        is_lanes<V> && kernels::OneChannelPlan<geometry, InLayout, OutLayout>::backward_pays;

    template <typename InLayout, typename OutLayout, Number V>
    static constexpr std::size_t scratch_size = [] {
        std::size_t size = 0;
        if constexpr (filters<InLayout, OutLayout, V>) {
            size = kernels::WinogradPlan<geometry, InLayout, OutLayout>::template scratch_numbers<V>;
        }
        if constexpr (filters_one_channel_forward<InLayout, OutLayout, V> ||
                      filters_one_channel_backward<InLayout, OutLayout, V>) {
            size = std::max(size, kernels::OneChannelPlan<geometry, InLayout, OutLayout>::template scratch_numbers<V>);
        }
        return size;
    }();

    template <typename InLayout, typename OutLayout, typename T>
    static constexpr std::size_t stack_size = kernels::single_image_stack_numbers<geometry, InLayout, OutLayout, T>;

    template <typename InLayout, typename OutLayout, Number V>
    static constexpr bool by_rows =
        is_lanes<V> && (filters_one_channel_forward<InLayout, OutLayout, V> || !filters<InLayout, OutLayout, V>);

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward_rows(const scalar_t<V>* parameters, const V* input, V* output, V*, V* scratch,
                                       Range rows) {
        if constexpr (filters_one_channel_forward<InLayout, OutLayout, V>) {
            kernels::conv2d_forward_rows_one_channel<geometry, InLayout, OutLayout, Activation>(
                input, parameters, bias(parameters), output, scratch, rows);
        } else {
            kernels::conv2d_forward_rows<geometry, InLayout, OutLayout, Activation>(input, parameters, bias(parameters),
                                                                                    output, rows);
        }
    }
    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>* parameters, const V* input, V* output, V* saved, V* scratch) {
        if constexpr (by_rows<InLayout, OutLayout, V>) {
            forward_rows<InLayout, OutLayout, Activation>(parameters, input, output, saved, scratch,
                                                          {0, OutLayout::height});
        } else if constexpr (filters<InLayout, OutLayout, V>) {
            kernels::conv2d_forward_winograd<geometry, InLayout, OutLayout, Activation>(
                input, parameters, bias(parameters), output, scratch);
        } else {
            kernels::conv2d_forward<geometry, InLayout, OutLayout, Activation>(input, parameters, bias(parameters),
                                                                               output);
        }
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, const V*,
                                         V* scratch) {
        if constexpr (filters<InLayout, OutLayout, V>) {
            kernels::conv2d_backward_winograd<geometry, InLayout, OutLayout, Before>(
                grad_input, parameters, grad_output, false, nullptr, nullptr, scratch);
        } else {
            kernels::conv2d_backward_input<geometry, InLayout, OutLayout, Before>(grad_input, parameters, grad_output);
        }
    }
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr void backward_parameters(const V* input, const V* grad_output, bool add, scalar_t<V>* gradient,
                                              V* scratch) {
        if constexpr (filters_one_channel_backward<InLayout, OutLayout, V>) {
            kernels::conv2d_backward_weight_one_channel<geometry, InLayout, OutLayout>(
                input, grad_output, add, gradient, bias(gradient), scratch);
        } else if constexpr (filters<InLayout, OutLayout, V>) {
            kernels::conv2d_backward_winograd<geometry, InLayout, OutLayout, NoFunction>(
                input, nullptr, grad_output, add, gradient, bias(gradient), scratch);
        } else {
            kernels::conv2d_backward_weight<geometry, InLayout, OutLayout>(input, grad_output, add, gradient,
                                                                           bias(gradient));
        }
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, bool add,
                                   scalar_t<V>* gradient, V* scratch) {
        if constexpr (filters<InLayout, OutLayout, V>) {
            kernels::conv2d_backward_winograd<geometry, InLayout, OutLayout, Before>(
                grad_input, parameters, grad_output, add, gradient, bias(gradient), scratch);
        } else {
            backward_parameters<InLayout, OutLayout>(grad_input, grad_output, add, gradient, scratch);
            backward_input<InLayout, OutLayout, Before>(parameters, grad_input, grad_output,
                                                        static_cast<const V*>(nullptr), scratch);
        }
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
};

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv_transpose2d.hpp>

namespace CTCNN_DETAIL {

/// The size of a transposed convolution's result on one axis, twice the padding not yet taken off: 7 pixels, a kernel
/// of 4, stride 2 give 16. Numbers up to largest_number give one that 64 bits can hold.
/// Source: torch.nn.ConvTranspose2d
constexpr std::uint64_t transposed_size(std::uint64_t size, std::uint64_t kernel, std::uint64_t stride,
                                        std::uint64_t dilation, std::uint64_t output_padding) {
    return (size - 1) * stride + dilation * (kernel - 1) + output_padding + 1;
}

/// BoundConvTranspose2d: ConvTranspose2d on images of shape S; L is the layer as it is spelled.
template <typename L, std::size_t In, std::size_t Out, typename S>
struct BoundConvTranspose2d {
    static constexpr LayerKind kind = LayerKind::compute;
    static constexpr const LayerOptions& options = L::options;
    static constexpr Extent extent = L::extent(S::dim(1), S::dim(2));
    /// The convolution whose gradient with respect to its input forward is.
    static constexpr kernels::Conv2dGeometry geometry{Out, In, options.groups, window_of(options)};

    using layer = L;
    using input_shape = S;
    using output_shape = Shape<Out, extent.height, extent.width>;
    using weight_shape = Shape<In, Out / options.groups, options.kernel.height, options.kernel.width>;
    using bias_shape = Shape<options.bias ? Out : 0>;
    static constexpr bool is_transposed = true;

    /// As PyTorch counts them: it takes the weight for that of a convolution.
    static constexpr std::size_t fan_in = weight_shape::size / In;
    static constexpr std::size_t fan_out = In * geometry.taps();
    /// Each element of the input meets each weight of its channel, also where the product falls into the padding.
    static constexpr std::uint64_t multiply_adds = saturating_product<std::uint64_t>({S::size, fan_in});

    static consteval OnnxNode onnx() {
        return OnnxNode{"ConvTranspose"}
            .with_window(geometry.window)
            .with_list("dilations", {options.dilation.height, options.dilation.width})
            .with_list("output_padding", {options.output_padding.height, options.output_padding.width})
            .with("group", options.groups);
    }

    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>* parameters, const V* input, V* output, V*, V*) {
        kernels::conv_transpose2d_forward<geometry, InLayout, OutLayout, Activation>(input, parameters,
                                                                                     bias(parameters), output);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, const V*,
                                         V*) {
        kernels::conv_transpose2d_backward_input<geometry, InLayout, OutLayout, Before>(grad_input, parameters,
                                                                                        grad_output);
    }
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr void backward_parameters(const V* input, const V* grad_output, bool add, scalar_t<V>* gradient,
                                              V*) {
        kernels::conv_transpose2d_backward_weight<geometry, InLayout, OutLayout>(input, grad_output, add, gradient,
                                                                                 bias(gradient));
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, bool add,
                                   scalar_t<V>* gradient, V* scratch) {
        backward_parameters<InLayout, OutLayout>(grad_input, grad_output, add, gradient, scratch);
        backward_input<InLayout, OutLayout, Before>(parameters, grad_input, grad_output, static_cast<const V*>(nullptr),
                                                    scratch);
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

/// ConvTranspose2d: transposed 2-D convolution over an image, the gradient of a convolution with respect to its input:
/// each element of the input adds its multiple of the kernel to the output.
/// Options  Kernel (required), Stride<1>, Padding<0>, OutputPadding<0>, Dilation<1>, Groups<1>, NoBias
/// Shapes   (Ci, Hi, Wi) -> (Co, Ho, Wo);  Ho = (Hi - 1)*Stride - 2*Padding + Dilation*(Kernel - 1) + OutputPadding + 1
/// Params   weight (Ci, Co/Groups, Kh, Kw), bias (Co)
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · zero_dilation · zero_groups
///          · zero_channels · number_too_large · groups_divide · output_padding · image_rank · in_channels ·
///          transposed_padding
/// As in    torch.nn.ConvTranspose2d
template <std::size_t In, std::size_t Out, typename... Options>
struct ConvTranspose2d {
    static constexpr detail_::LayerOptions options = detail_::read_options<Options...>(
        detail_::Option::kernel | detail_::Option::stride | detail_::Option::padding | detail_::Option::output_padding |
        detail_::Option::dilation | detail_::Option::groups | detail_::Option::no_bias);

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
        if (options.output_padding.height >= std::max(options.stride.height, options.dilation.height) ||
            options.output_padding.width >= std::max(options.stride.width, options.dilation.width)) {
            return {Reason::output_padding};
        }
        if constexpr (sizeof...(Dims) != 3) {
            return {Reason::image_rank};
        } else {
            if (shape.dim(0) != In) {
                return {Reason::in_channels, In};
            }
            const detail_::Extent size = extent(shape.dim(1), shape.dim(2));
            if (size.has_zero()) {
                return {Reason::transposed_padding};
            }
            return size.too_large() ? Mismatch{Reason::number_too_large} : Mismatch{};
        }
    }

    template <typename S>
    using At = detail_::BoundConvTranspose2d<ConvTranspose2d, In, Out, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<ConvTranspose2d> {};
    template <typename S>
        requires(S::rank == 3)
    using correction = corrected<ConvTranspose2d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("ConvTranspose2d(");
        detail_::describe_sizes(text, In, Out);
        detail_::describe_options(text, options);
        text.append(")");
    }

    /// The height and width of the output; 0 where the padding takes all of it.
    static constexpr detail_::Extent extent(std::size_t height, std::size_t width) {
        const auto size = [](std::size_t input, std::size_t kernel, std::size_t stride, std::size_t padding,
                             std::size_t dilation, std::size_t output_padding) {
            const std::uint64_t whole = detail_::transposed_size(input, kernel, stride, dilation, output_padding);
            const std::uint64_t cut = 2 * std::uint64_t{padding};
            // What is too large is refused, and may be larger than std::size_t can hold.
            return static_cast<std::size_t>(
                whole > cut ? std::min<std::uint64_t>(whole - cut, detail_::largest_number + std::uint64_t{1}) : 0);
        };
        return {size(height, options.kernel.height, options.stride.height, options.padding.height,
                     options.dilation.height, options.output_padding.height),
                size(width, options.kernel.width, options.stride.width, options.padding.width, options.dilation.width,
                     options.output_padding.width)};
    }
};

}  // namespace ctcnn

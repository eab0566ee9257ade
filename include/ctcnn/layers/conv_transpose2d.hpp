// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv_transpose2d.hpp>
#include <ctcnn/layers/any_convolution.hpp>
#include <ctcnn/layers/bound_layer.hpp>

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
struct BoundConvTranspose2d : BoundLayer<L, S> {
    static constexpr const LayerOptions& options = L::options;
    static constexpr Extent extent = L::extent(S::dim(1), S::dim(2));
    /// The convolution whose gradient with respect to its input forward is.
    static constexpr kernels::Conv2dGeometry geometry{Out, In, options.groups, window_of(options)};

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

    template <typename Stage>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V*, typename Stage::V*) {
        kernels::conv_transpose2d_forward<geometry, Stage>(input, parameters, bias(parameters), output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::conv_transpose2d_backward_input<geometry, Stage>(grad_input, parameters, grad_output);
    }
    template <typename Stage>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* gradient, typename Stage::V*) {
        kernels::conv_transpose2d_backward_weight<geometry, Stage>(input, grad_output, add, gradient, bias(gradient));
    }
    template <typename Stage>
    static constexpr void backward(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                   const typename Stage::V* grad_output, bool add, typename Stage::T* gradient,
                                   typename Stage::V* scratch) {
        backward_parameters<Stage>(grad_input, grad_output, add, gradient, scratch);
        backward_input<Stage>(parameters, grad_input, grad_output, nullptr, scratch);
    }

private:
    template <typename T>
    static constexpr auto bias(T* parameters) {
        return bias_in<weight_shape, bias_shape>(parameters);
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
struct ConvTranspose2d
    : detail_::AnyConvolution<In, Out, static_cast<unsigned>(detail_::Option::output_padding), Options...> {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        const Mismatch reason = ConvTranspose2d::mismatch(shape);
        if (reason) {
            return reason;
        }
        const detail_::Extent size = extent(shape.dim(1), shape.dim(2));
        return size.has_zero()    ? Mismatch{Reason::transposed_padding}
               : size.too_large() ? Mismatch{Reason::number_too_large}
                                  : Mismatch{};
    }

    template <typename S>
    using At = detail_::BoundConvTranspose2d<ConvTranspose2d, In, Out, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<ConvTranspose2d> {};
    template <typename S>
        requires(S::rank == 3)
    using correction = corrected<ConvTranspose2d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) {
        ConvTranspose2d::describe_as("ConvTranspose2d(", text);
    }

    /// The height and width of the output; 0 where the padding takes all of it.
    static constexpr detail_::Extent extent(std::size_t height, std::size_t width) {
        constexpr const detail_::LayerOptions& options = ConvTranspose2d::options;
        const auto size = [](std::size_t input, std::size_t kernel, std::size_t stride, std::size_t padding,
                             std::size_t dilation, std::size_t output_padding) {
            const std::uint64_t whole = detail_::transposed_size(input, kernel, stride, dilation, output_padding);
            const std::uint64_t cut = 2 * std::uint64_t{padding};
            // What is too large is refused, and may be larger than std::size_t can hold.
            return detail_::narrowed<std::size_t>(
                whole > cut ? std::min<std::uint64_t>(whole - cut, detail_::largest_number + std::uint64_t{1}) : 0);
        };
        return {size(height, options.kernel.height, options.stride.height, options.padding.height,
                     options.dilation.height, options.output_padding.height),
                size(width, options.kernel.width, options.stride.width, options.padding.width, options.dilation.width,
                     options.output_padding.width)};
    }
};

}  // namespace ctcnn

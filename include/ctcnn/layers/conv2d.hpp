// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/ways.hpp>
#include <ctcnn/kernels/prepared/conv2d.hpp>
#include <ctcnn/layers/any_convolution.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// BoundConv2d: Conv2d on images of shape S; L is the layer as it is spelled.
template <typename L, std::size_t In, std::size_t Out, LayerOptions options, typename S>
struct BoundConv2d : BoundLayer<L, S> {
    static constexpr bool shares = true;
    static constexpr Window window = window_of(options);
    static constexpr Extent extent = output_extent(window, S::dim(1), S::dim(2));
    static constexpr kernels::Conv2dGeometry geometry{In, Out, options.groups, window};

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

    template <typename Stage>
    using Conv = kernels::ConvStage<geometry, Stage>;
    template <typename Stage>
    static constexpr std::size_t scratch_size = kernels::conv2d::scratch_size<Conv<Stage>>;
    template <typename Stage>
    static constexpr std::size_t stack_size = kernels::conv2d::stack_size<Conv<Stage>>;
    template <typename Stage>
    static constexpr bool by_rows = kernels::conv2d::by_rows<Conv<Stage>>;

    /// What a network of pairs packs.
    template <typename Stage>
    using Packed = kernels::conv2d::Packed<Conv<Stage>>;
    template <typename Stage>
        requires kernels::conv2d::packs<Conv<Stage>>
    static constexpr std::size_t packed_size = Packed<Stage>::size;
    template <typename Stage>
    static constexpr std::size_t pack_parts = Packed<Stage>::parts;
    template <typename Stage>
    static void pack(const typename Stage::T* parameters, typename Stage::T* packed, std::size_t part, bool backward) {
        Packed<Stage>::pack(parameters, bias_shape::size, packed, part, backward);
    }

    template <typename Stage>
    static constexpr void forward_rows(const typename Stage::T* parameters, const typename Stage::V* input,
                                       typename Stage::V* output, typename Stage::V*, typename Stage::V* scratch,
                                       Range rows) {
        kernels::conv2d::forward_rows<Conv<Stage>>(input, parameters, bias(parameters), output, scratch, rows);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V*, typename Stage::V* scratch,
                                  Crew crew = {}) {
        kernels::conv2d::forward<Conv<Stage>>(input, parameters, bias(parameters), output, scratch, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V* scratch, Crew crew = {}) {
        kernels::conv2d::backward_input<Conv<Stage>>(grad_input, parameters, grad_output, scratch, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* gradient, typename Stage::V* scratch,
                                              Crew crew = {}) {
        kernels::conv2d::backward_parameters<Conv<Stage>>(input, grad_output, add, gradient, bias(gradient), scratch,
                                                          crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                   const typename Stage::V* grad_output, bool add, typename Stage::T* gradient,
                                   typename Stage::V* scratch, Crew crew = {}) {
        kernels::conv2d::backward<Conv<Stage>>(grad_input, parameters, grad_output, add, gradient, bias(gradient),
                                               scratch, crew);
    }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared = kernels::prepared::ConvPlan<geometry, S::dim(1), S::dim(2), Count>::facts;
    template <typename Stage, Pooling P>
    using Prepared = kernels::prepared::Conv2d<geometry, Stage, P>;

private:
    template <typename T>
    static constexpr auto bias(T* parameters) {
        return bias_in<weight_shape, bias_shape>(parameters);
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
struct Conv2d : detail_::AnyConvolution<In, Out, 0, Options...> {
    template <typename S>
    using At = detail_::BoundConv2d<Conv2d, In, Out, Conv2d::options, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<Conv2d> {};
    template <typename S>
        requires(S::rank == 3)
    using correction = corrected<Conv2d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) { Conv2d::describe_as("Conv2d(", text); }
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

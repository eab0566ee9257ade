// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/layers/conv2d.hpp>

namespace CTCNN_DETAIL {

/// The options of a layer with one axis as those of images of one row.
constexpr LayerOptions of_one_row(LayerOptions options) {
    options.kernel.height = 1;
    options.stride.height = 1;
    options.padding.height = 0;
    options.dilation.height = 1;
    return options;
}

/// BoundConv1d: Conv1d on sequences of shape S, the convolution of an image of one row; L is the layer as it is
/// spelled.
template <typename L, std::size_t In, std::size_t Out, typename S>
struct BoundConv1d : BoundConv2d<L, In, Out, of_one_row(L::options), Shape<S::dim(0), 1, S::dim(1)>> {
    using Base = BoundConv2d<L, In, Out, of_one_row(L::options), Shape<S::dim(0), 1, S::dim(1)>>;

    using input_shape = S;
    using output_shape = Shape<Out, Base::extent.width>;
    using weight_shape = Shape<Out, In / L::options.groups, L::options.kernel.width>;

    static consteval OnnxNode onnx() {
        return OnnxNode{"Conv"}
            .with_window_1d(Base::window)
            .with_list("dilations", {L::options.dilation.width})
            .with("group", L::options.groups);
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Conv1d: 1-D cross-correlation over a sequence.
/// Options  Kernel (required), Padding<0>, Stride<1>, Dilation<1>, Groups<1>, NoBias; one size each
/// Shapes   (Ci, Li) -> (Co, Lo);  Lo = (Li + 2*Padding - Dilation*(Kernel - 1) - 1)/Stride + 1
/// Params   weight (Co, Ci/Groups, K), bias (Co)
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · zero_dilation · zero_groups
///          · zero_channels · number_too_large · groups_divide · sequence_rank · in_channels · kernel_too_large
/// As in    torch.nn.Conv1d
template <std::size_t In, std::size_t Out, typename... Options>
struct Conv1d {
    static constexpr detail_::LayerOptions options = detail_::read_options<Options...>(
        detail_::Option::kernel | detail_::Option::padding | detail_::Option::stride | detail_::Option::dilation |
        detail_::Option::groups | detail_::Option::no_bias | detail_::Option::one_axis);

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
        if constexpr (sizeof...(Dims) != 2) {
            return {Reason::sequence_rank};
        } else {
            if (shape.dim(0) != In) {
                return {Reason::in_channels, In};
            }
            if (!detail_::fits(detail_::window_of(detail_::of_one_row(options)), 1, shape.dim(1))) {
                return {Reason::kernel_too_large};
            }
            return {};
        }
    }

    template <typename S>
    using At = detail_::BoundConv1d<Conv1d, In, Out, S>;
    template <typename S>
        requires(S::rank == 2)
    using correction = corrected<Conv1d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Conv1d(");
        detail_::describe_sizes(text, In, Out);
        detail_::describe_options(text, options);
        text.append(")");
    }
};

}  // namespace ctcnn

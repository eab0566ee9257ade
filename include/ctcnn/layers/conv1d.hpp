// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/any_convolution.hpp>
#include <ctcnn/layers/conv2d.hpp>

namespace CTCNN_DETAIL {

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
struct Conv1d : detail_::AnyConvolution<In, Out, static_cast<unsigned>(detail_::Option::one_axis), Options...> {
    template <typename S>
    using At = detail_::BoundConv1d<Conv1d, In, Out, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<Conv1d> {};
    template <typename S>
        requires(S::rank == 2)
    using correction = corrected<Conv1d<S::dim(0), Out, Options...>>;

    static constexpr void describe(detail_::Description& text) { Conv1d::describe_as("Conv1d(", text); }
};

}  // namespace ctcnn

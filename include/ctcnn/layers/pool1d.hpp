// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/pool2d.hpp>

namespace CTCNN_DETAIL {

/// The pooling of sequences of shape S, that of images of one row.
template <template <typename, LayerOptions, typename> typename Bound2d, typename L, typename S>
struct BoundPool1d : Bound2d<L, of_one_row(L::options), Shape<S::dim(0), 1, S::dim(1)>> {
    using Base = Bound2d<L, of_one_row(L::options), Shape<S::dim(0), 1, S::dim(1)>>;

    using input_shape = S;
    using output_shape = Shape<S::dim(0), Base::extent.width>;
};

template <typename L, typename S>
struct BoundMaxPool1d : BoundPool1d<BoundMaxPool2d, L, S> {
    static consteval OnnxNode onnx() { return OnnxNode{"MaxPool"}.with_window_1d(BoundMaxPool1d::window); }
};

template <typename L, typename S>
struct BoundAvgPool1d : BoundPool1d<BoundAvgPool2d, L, S> {
    static consteval OnnxNode onnx() {
        return OnnxNode{"AveragePool"}.with_window_1d(BoundAvgPool1d::window).with("count_include_pad", 1);
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// MaxPool1d: the largest element of each window of a sequence; padding never wins.
/// Options  Kernel (required), Stride (the kernel), Padding<0>; one size each
/// Shapes   (C, Li) -> (C, Lo);  Lo = (Li + 2*Padding - Kernel)/Stride + 1
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · number_too_large ·
///          pooling_padding · sequence_rank · kernel_too_large
/// As in    torch.nn.MaxPool1d
template <typename... Options>
struct MaxPool1d : detail_::AnyPool<static_cast<unsigned>(detail_::Option::one_axis), Options...> {
    template <typename S>
    using At = detail_::BoundMaxPool1d<MaxPool1d, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("MaxPool1d(");
        detail_::describe_options(text, MaxPool1d::options, MaxPool1d::options.kernel);
        text.append(")");
    }
};

/// AvgPool1d: the mean of each window of a sequence; padding counts as zeros.
/// Options  Kernel (required), Stride (the kernel), Padding<0>; one size each
/// Shapes   (C, Li) -> (C, Lo);  Lo = (Li + 2*Padding - Kernel)/Stride + 1
/// Refuses  unknown_option · repeated_option · missing_kernel · zero_kernel · zero_stride · number_too_large ·
///          pooling_padding · sequence_rank · kernel_too_large
/// As in    torch.nn.AvgPool1d (count_include_pad=True, its default)
template <typename... Options>
struct AvgPool1d : detail_::AnyPool<static_cast<unsigned>(detail_::Option::one_axis), Options...> {
    template <typename S>
    using At = detail_::BoundAvgPool1d<AvgPool1d, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("AvgPool1d(");
        detail_::describe_options(text, AvgPool1d::options, AvgPool1d::options.kernel);
        text.append(")");
    }
};

}  // namespace ctcnn

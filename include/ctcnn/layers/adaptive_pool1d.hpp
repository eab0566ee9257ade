// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/adaptive_pool2d.hpp>

namespace CTCNN_DETAIL {

/// The means over windows of sequences of shape S, those of images of one row.
template <typename L, std::size_t Size, typename S>
struct BoundAdaptiveAvgPool1d : BoundAdaptiveAvgPool2d<L, Extent{1, Size}, Shape<S::dim(0), 1, S::dim(1)>> {
    using Base = BoundAdaptiveAvgPool2d<L, Extent{1, Size}, Shape<S::dim(0), 1, S::dim(1)>>;

    using input_shape = S;
    using output_shape = Shape<S::dim(0), Size>;

    static consteval OnnxNode onnx()
        requires requires { Base::onnx(); }
    {
        if constexpr (Size == 1) {
            return {"GlobalAveragePool"};
        } else {
            return OnnxNode{"AveragePool"}.with_window_1d(Base::window).with("count_include_pad", 1);
        }
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// AdaptiveAvgPool1d: means over windows that share a sequence out; AdaptiveAvgPool1d<1> is the mean of each channel.
/// Shapes   (C, Li) -> (C, L);  window n begins at n*Li/L, rounded down, and ends before (n + 1)*Li/L, rounded up
/// Refuses  zero_size · number_too_large · sequence_rank
/// As in    torch.nn.AdaptiveAvgPool1d
template <std::size_t Size>
struct AdaptiveAvgPool1d {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        if (Size == 0) {
            return {Reason::zero_size};
        }
        if (Size > detail_::largest_number) {
            return {Reason::number_too_large};
        }
        return {sizeof...(Dims) == 2 ? Reason::none : Reason::sequence_rank};
    }

    template <typename S>
    using At = detail_::BoundAdaptiveAvgPool1d<AdaptiveAvgPool1d, Size, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("AdaptiveAvgPool1d(output_size=");
        text.append_number(Size);
        text.append(")");
    }
};

}  // namespace ctcnn

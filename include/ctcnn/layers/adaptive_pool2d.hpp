// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/mean2d.hpp>
#include <ctcnn/kernels/prepared/pool2d.hpp>
#include <ctcnn/kernels/taps2d.hpp>
#include <ctcnn/layers/bound_layer.hpp>
#include <ctcnn/layers/pool2d.hpp>

namespace CTCNN_DETAIL {

/// The pooling whose windows share an image out evenly.
template <typename S, Extent Size>
inline constexpr LayerOptions sharing_options{.kernel = {S::dim(1) / Size.height, S::dim(2) / Size.width},
                                              .stride = {S::dim(1) / Size.height, S::dim(2) / Size.width}};

/// AdaptiveAvgPool2d where the output's size divides the input's: AvgPool2d.
template <typename L, Extent Size, typename S>
struct BoundEvenAvgPool2d : BoundAvgPool2d<L, sharing_options<S, Size>, S> {
    static consteval OnnxNode onnx() {
        if constexpr (Size == Extent{1, 1}) {
            return {"GlobalAveragePool"};
        } else {
            return BoundAvgPool2d<L, sharing_options<S, Size>, S>::onnx();
        }
    }
};

/// The others: windows differ in size, and share pixels. ONNX has no operator for them.
template <typename L, Extent Size, typename S>
struct BoundUnevenAvgPool2d : BoundLayer<L, S> {
    using output_shape = Shape<S::dim(0), Size.height, Size.width>;
    using Rows = kernels::AdaptiveMean<S::dim(1), Size.height>;
    using Columns = kernels::AdaptiveMean<S::dim(2), Size.width>;

    template <typename Stage>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V*, typename Stage::V*) {
        kernels::taps2d_forward<Rows, Columns, Stage>(input, output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::taps2d_backward<Rows, Columns, Stage>(grad_input, grad_output);
    }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared{.offered = true, .follows = true};
    template <typename Stage, Pooling>
    using Prepared = kernels::prepared::MeanPool2d<Rows, Columns, Stage>;
};

template <typename L, Extent Size, typename S>
using BoundAdaptiveAvgPool2d = std::conditional_t<S::dim(1) % Size.height == 0 && S::dim(2) % Size.width == 0,
                                                  BoundEvenAvgPool2d<L, Size, S>, BoundUnevenAvgPool2d<L, Size, S>>;

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// AdaptiveAvgPool2d: means over windows that share an image out. AdaptiveAvgPool2d<H, W> makes H x W of them,
/// AdaptiveAvgPool2d<N> N x N; AdaptiveAvgPool2d<1> is the mean of each channel.
/// Shapes   (C, Hi, Wi) -> (C, H, W);  window n begins at row n*Hi/H, rounded down, and ends before row (n + 1)*Hi/H,
///          rounded up
/// Refuses  zero_size · number_too_large · image_rank
/// As in    torch.nn.AdaptiveAvgPool2d
template <std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2)
struct AdaptiveAvgPool2d {
    static constexpr detail_::Extent size{Shape<Sizes...>::dim(0), Shape<Sizes...>::dim(sizeof...(Sizes) - 1)};

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        if (size.has_zero()) {
            return {Reason::zero_size};
        }
        if (size.too_large()) {
            return {Reason::number_too_large};
        }
        return {sizeof...(Dims) == 3 ? Reason::none : Reason::image_rank};
    }

    template <typename S>
    using At = detail_::BoundAdaptiveAvgPool2d<AdaptiveAvgPool2d, size, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("AdaptiveAvgPool2d(");
        detail_::describe_extent(text, "output_size", size);
        text.append(")");
    }
};

}  // namespace ctcnn

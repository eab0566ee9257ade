// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/copying.hpp>

namespace ctcnn {

struct Flatten;

/// Unflatten: reads features as an image, channel by channel, row by row, or as a sequence. No number moves.
/// Shapes   (C*H*W) -> (C, H, W), (C*L) -> (C, L)
/// Refuses  zero_size · feature_rank · unflatten_size
/// As in    torch.nn.Unflatten(1, (C, H, W))
template <std::size_t C, std::size_t... Sizes>
    requires(sizeof...(Sizes) == 1 || sizeof...(Sizes) == 2)
struct Unflatten {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        constexpr std::size_t size = Shape<C, Sizes...>::size;
        if (size == 0) {
            return {Reason::zero_size};
        }
        if (sizeof...(Dims) != 1) {
            return {Reason::feature_rank};
        }
        return Shape<Dims...>::size == size ? Mismatch{} : Mismatch{Reason::unflatten_size, size};
    }

    template <typename S>
    struct At : detail_::CopyingLayer<Unflatten, S, Shape<C, Sizes...>> {
        static constexpr detail_::LayerKind kind = detail_::LayerKind::reshape;

        static consteval detail_::OnnxNode onnx() {
            // A size of 0 stands for that of the input.
            return detail_::OnnxNode{"Reshape"}.with_input("shape", detail_::OnnxConstant::Type::int64,
                                                           {0, C, Sizes...});
        }

        // The same as CopyingLayer, which copies from an image to an image where the output has a border.
        template <typename Stage>
        using FromImage =
            typename Stage::template WithLayouts<detail_::layout_t<Shape<C, Sizes...>>, typename Stage::Out>;
        template <typename Stage>
        static constexpr void forward(const typename Stage::T*, const typename Stage::V* input,
                                      typename Stage::V* output, typename Stage::V*, typename Stage::V*) {
            detail_::kernels::map_forward<FromImage<Stage>>(input, output);
        }
        template <typename Stage>
        static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                             const typename Stage::V* grad_output, const typename Stage::V*,
                                             typename Stage::V*) {
            detail_::kernels::map_backward<FromImage<Stage>>(grad_input, grad_output);
        }
    };
    template <typename S>
        requires(Shape<C, Sizes...>::size != 0)
    using correction = std::conditional_t<S::rank == 1, corrected<Unflatten<S::size / (Sizes * ...), Sizes...>>,
                                          corrected<Flatten, Unflatten<S::size / (Sizes * ...), Sizes...>>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Unflatten(dim=1, unflattened_size=(");
        text.append_number(C);
        ((text.append(", "), text.append_number(Sizes)), ...);
        text.append("))");
    }
};

}  // namespace ctcnn

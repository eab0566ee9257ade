// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/layers/group_norm.hpp>

namespace CTCNN_DETAIL {

/// BoundLayerNorm: LayerNorm on images of shape S; L is the layer as it is spelled.
template <typename L, typename S>
struct BoundLayerNorm
    : BoundGroupNorm<L, kernels::GroupNormGeometry{1, 1, S::size, kernels::Affine::of_element}, S, S> {
    static consteval OnnxNode onnx() {
        const OnnxNode node = OnnxNode{"LayerNormalization"}.with("axis", 1).with_number("epsilon", L::options.eps);
        if constexpr (L::options.affine) {
            return node;
        } else {
            return [&]<std::size_t... Dims>(Shape<Dims...>) { return node.with_filled(1, {Dims...}); }(S{});
        }
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// LayerNorm: normalises the elements of an image to mean 0 and variance 1, all together; then each element has its
/// factor and its offset: (x - mean)/sqrt(variance + Eps)*weight + bias. LayerNorm<> takes the shape that arrives;
/// LayerNorm<Shape<16, 5, 5>> names it.
/// Options  Eps<1e-5>, NoAffine, NoBias
/// Shapes   any -> the same
/// Params   weight, bias, both of the shape that arrives; none with NoAffine
/// Refuses  unknown_option · repeated_option · normalized_shape
/// As in    torch.nn.LayerNorm(normalized_shape), where normalized_shape is the whole shape behind the batch axis
/// Source   Ba, Kiros, Hinton, "Layer normalization", arXiv 1607.06450
template <typename... Options>
struct LayerNorm {
    static constexpr detail_::LayerOptions options =
        detail_::read_options<Options...>(detail_::Option::eps | detail_::Option::no_affine | detail_::Option::no_bias);

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return {options.reason};
    }

    template <typename S>
    using At = detail_::BoundLayerNorm<LayerNorm, S>;

    static constexpr void describe(detail_::Description& text) {
        text.append("LayerNorm(");
        detail_::describe_norm(text, options, "elementwise_affine=False");
        text.append(")");
    }
};

/// LayerNorm with the shape that must arrive.
template <std::size_t... Sizes, typename... Options>
struct LayerNorm<Shape<Sizes...>, Options...> : LayerNorm<Options...> {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        const Mismatch mismatch = (LayerNorm<Options...>::check)(shape);
        return mismatch || shape == Shape<Sizes...>{} ? mismatch : Mismatch{Reason::normalized_shape};
    }

    template <typename S>
    using At = detail_::BoundLayerNorm<LayerNorm, S>;
    template <typename S>
    using correction = corrected<LayerNorm<S, Options...>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("LayerNorm((");
        std::string_view before;
        ((text.append(before), text.append_number(Sizes), before = ", "), ...);
        text.append(sizeof...(Sizes) == 1 ? ",)" : ")");
        detail_::describe_norm(text, LayerNorm::options, "elementwise_affine=False");
        text.append(")");
    }
};

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tile_view.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/layers/custom/members.hpp>
#include <ctcnn/layers/custom/parameters.hpp>

namespace CTCNN_DETAIL {

/// BoundCustom: a custom layer on images of shape S: it calls the layer's functions with views of a tile.
template <typename L, typename S, typename Declared = typename ParametersOf<L, S>::type>
struct BoundCustom : WeightAndBias<Declared>, WeightAndBiasBegin<ParameterList<Declared>> {
    using custom_layer = L;
    using List = ParameterList<Declared>;

    static constexpr LayerKind kind = LayerKind::compute;
    using layer = L;
    using input_shape = S;
    using output_shape = typename OutputShapeOf<L, S>::type;
    static constexpr auto tensors = List::tensors;
    static constexpr std::uint64_t multiply_adds = [] {
        if constexpr (requires { L::multiply_adds(S{}) + std::uint64_t{0}; }) {
            return std::uint64_t{L::multiply_adds(S{})};
        } else {
            return std::uint64_t{0};
        }
    }();

    /// The member that the layer lacks, or has in a wrong form, as it is declared; empty if it has all.
    static consteval std::string_view missing() {
        if constexpr (!requires { requires is_shape<output_shape>; }) {
            return "template <typename S> using output_shape = Shape<...>";
        } else if constexpr (output_shape::rank == 0 || output_shape::size == 0) {
            return "template <typename S> using output_shape = Shape<...>, with sizes of 1 or more";
        } else if constexpr (!List::valid) {
            return "using parameters = Parameters<Parameter<name, Shape<...>>, ...>, each with a name of its own";
        } else if constexpr (NameOfObject<L>) {
            return "static constexpr std::string_view name";
        } else if constexpr (OnnxOfObject<L>) {
            return "static constexpr std::string_view onnx";
        } else {
            using X = TileView<const float, S, layout_t<S>>;
            using GradX = TileView<float, S, layout_t<S>>;
            using Y = TileView<float, output_shape, layout_t<output_shape>>;
            using GradY = TileView<const float, output_shape, layout_t<output_shape>>;
            if constexpr (!List::template takes_forward<L, X, Y>) {
                return signature<false, List>.view();
            } else if constexpr (!List::template takes_backward<L, X, GradY, GradX>) {
                return signature<true, List>.view();
            } else {
                return {};
            }
        }
    }

    static consteval OnnxNode onnx()
        requires requires { std::string_view(L::onnx); }
    {
        return {L::onnx};
    }

    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;
    /// For the gradient with respect to the input, since the input lies where it goes, and for the sums of parameters.
    template <typename Stage>
    static constexpr std::size_t scratch_size = S::size + 2 * List::count;

    template <typename Stage>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V*, typename Stage::V*) {
        using V = typename Stage::V;
        using Out = typename Stage::Out;
        clear_elements<Out>(output);
        List::template forward<L>(parameters, TileView<const V, S, typename Stage::In>(input),
                                  TileView<V, output_shape, Out>(output));
        if constexpr (!std::is_same_v<typename Stage::Function, NoFunction>) {
            kernels::map_forward<typename Stage::template WithLayouts<Out, Out>>(output, output);
        }
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V* scratch) {
        using V = typename Stage::V;
        using Dense = layout_t<S>;
        const V* input = grad_input;
        clear_elements<Dense>(scratch);
        for (std::size_t i = 0; i < 2 * List::count; ++i) {
            scratch[Dense::size + i] = V{};
        }
        List::template backward<L>(parameters, TileView<const V, S, typename Stage::In>(input),
                                   TileView<const V, output_shape, typename Stage::Out>(grad_output),
                                   TileView<V, S, Dense>(scratch), scratch + Dense::size);
        kernels::map_backward<typename Stage::template WithLayouts<typename Stage::In, Dense>>(grad_input, scratch);
    }
    template <typename Stage>
    static constexpr void backward(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                   const typename Stage::V* grad_output, bool add, typename Stage::T* gradient,
                                   typename Stage::V* scratch) {
        backward_input<Stage>(parameters, grad_input, grad_output, nullptr, scratch);
        const typename Stage::V* sums = scratch + S::size;
        for (std::size_t i = 0; i < List::count; ++i) {
            const typename Stage::T sum = sum_lanes(sums[2 * i] + sums[2 * i + 1]);
            gradient[i] = add ? gradient[i] + sum : sum;
        }
    }
};

}  // namespace CTCNN_DETAIL

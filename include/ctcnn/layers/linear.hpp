// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/kernels/pairs.hpp>
#include <ctcnn/kernels/prepared/linear.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// BoundLinear: Linear on features of shape S; L is the layer as it is spelled.
template <typename L, std::size_t In, std::size_t Out, LayerOptions options, typename S>
struct BoundLinear : BoundLayer<L, S> {
    static constexpr bool shares = true;
    using output_shape = Shape<Out>;
    using weight_shape = Shape<Out, In>;
    using bias_shape = Shape<options.bias ? Out : 0>;

    static constexpr std::size_t fan_in = In;
    static constexpr std::size_t fan_out = Out;
    static constexpr std::uint64_t multiply_adds = saturating_product<std::uint64_t>({In, Out});

    static consteval OnnxNode onnx() { return OnnxNode{"Gemm"}.with("transB", 1); }

    static constexpr bool batched_gradient = true;

    /// What its products multiply.
    template <typename Stage>
    using Factor = typename Stage::Factor;
    template <typename Stage>
    static constexpr bool in_pairs = terms<Factor<Stage>> == 2;
    template <typename Stage>
    using Rows = std::conditional_t<in_pairs<Stage>, kernels::PairPanels<In, Out, typename Stage::V>,
                                    kernels::ImageRows<In, Out, typename Stage::V>>;
    template <typename Stage>
    using Packed = kernels::PairedWeights<In, Out, bias_shape::size, typename Stage::V>;

    template <typename Stage>
    static constexpr std::size_t scratch_size = in_pairs<Stage> ? kernels::pair_count(std::max(In, Out)) : 0;
    template <typename Stage>
        requires in_pairs<Stage>
    static constexpr std::size_t packed_size = Packed<Stage>::size;
    template <typename Stage>
    static constexpr std::size_t pack_parts = Packed<Stage>::parts;
    template <typename Stage>
    static void pack(const typename Stage::T* parameters, typename Stage::T* packed, std::size_t part, bool backward) {
        Packed<Stage>::pack(parameters, packed, part, backward);
    }

    template <typename Stage, typename Crew = OneThread>
    static constexpr void forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                  typename Stage::V* output, typename Stage::V*, typename Stage::V* scratch,
                                  Crew crew = {}) {
        forward_tiles<Stage, 1>(parameters, {input}, {output}, {scratch}, crew);
    }
    template <typename Stage, std::size_t Tiles, typename Crew = OneThread>
    static constexpr void forward_tiles(const typename Stage::T* parameters,
                                        std::array<const typename Stage::V*, Tiles> input,
                                        std::array<typename Stage::V*, Tiles> output,
                                        [[maybe_unused]] std::array<typename Stage::V*, Tiles> scratch,
                                        Crew crew = {}) {
        using V = typename Stage::V;
        using Function = typename Stage::Function;
        if constexpr (in_pairs<Stage>) {
            for (std::size_t n = 0; n < Tiles; ++n) {
                kernels::pair_features(input[n], In, scratch[n]);
                input[n] = scratch[n];
            }
            const auto bias = bias_in<typename Packed<Stage>::Weights, bias_shape>(parameters);
            kernels::linear_forward<kernels::pair_count(In), Out, Function, V, Tiles, decltype(bias), Factor<Stage>>(
                input, parameters, bias, output, crew);
        } else {
            kernels::linear_forward<In, Out, Function, V>(input, parameters,
                                                          bias_in<weight_shape, bias_shape>(parameters), output, crew);
        }
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(const typename Stage::T* parameters, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V* scratch, Crew crew = {}) {
        backward_input_tiles<Stage, 1>(parameters, {grad_input}, {grad_output}, {scratch}, crew);
    }
    template <typename Stage, std::size_t Tiles, typename Crew = OneThread>
    static constexpr void backward_input_tiles(const typename Stage::T* parameters,
                                               std::array<typename Stage::V*, Tiles> grad_input,
                                               std::array<const typename Stage::V*, Tiles> grad_output,
                                               [[maybe_unused]] std::array<typename Stage::V*, Tiles> scratch,
                                               Crew crew = {}) {
        using V = typename Stage::V;
        using Before = typename Stage::Function;
        if constexpr (in_pairs<Stage>) {
            for (std::size_t n = 0; n < Tiles; ++n) {
                kernels::pair_features(grad_output[n], Out, scratch[n]);
                grad_output[n] = scratch[n];
            }
            kernels::linear_backward_input<In, kernels::pair_count(Out), Before, V, Tiles, Factor<Stage>>(
                grad_input, parameters + Packed<Stage>::backward, grad_output, crew);
        } else {
            kernels::linear_backward_input<In, Out, Before, V>(grad_input, parameters, grad_output, crew);
        }
    }
    /// The gradient of the weights of the inputs first, ..., last - 1 from rows of images, and of the bias.
    template <typename R, typename T>
    static constexpr void backward_weight(const R& rows, std::size_t images, std::size_t first, std::size_t last,
                                          bool add, T* gradient) {
        kernels::linear_backward_weight<In, Out>(rows, images, first, last, add, gradient);
    }
    template <typename R, typename T>
    static constexpr void backward_bias(const R& rows, std::size_t images, bool add, T* gradient) {
        kernels::linear_backward_bias(rows, images, add, gradient + weight_shape::size);
    }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared{.offered = true, .has_features = true};
    template <typename Stage, Pooling>
    using Prepared = kernels::prepared::Linear<In, Out, Stage, stored_weight_t<Stage, In * Out>>;
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

struct Flatten;

/// Linear: an affine map of features, output = weight * input + bias.
/// Options  NoBias
/// Shapes   (In) -> (Out)
/// Params   weight (Out, In), bias (Out)
/// Refuses  unknown_option · repeated_option · zero_channels · number_too_large · feature_rank · in_features
/// As in    torch.nn.Linear
template <std::size_t In, std::size_t Out, typename... Options>
struct Linear {
    static constexpr detail_::LayerOptions options =
        detail_::read_options<Options...>(static_cast<unsigned>(detail_::Option::no_bias));

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
        if constexpr (sizeof...(Dims) != 1) {
            return {Reason::feature_rank};
        } else {
            return shape.size == In ? Mismatch{} : Mismatch{Reason::in_features, In};
        }
    }

    template <typename S>
    using At = detail_::BoundLinear<Linear, In, Out, options, S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<Linear> {};
    template <typename S>
    using correction = std::conditional_t<S::rank == 1, corrected<Linear<S::size, Out, Options...>>,
                                          corrected<Flatten, Linear<S::size, Out, Options...>>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("Linear(");
        detail_::describe_sizes(text, In, Out);
        detail_::describe_options(text, options);
        text.append(")");
    }
};

/// LazyLinear: Linear whose number of input features is taken from what arrives.
/// As in    torch.nn.LazyLinear
template <std::size_t Out, typename... Options>
struct LazyLinear {
    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...> shape) {
        return (Linear<(sizeof...(Dims) == 1 ? Shape<Dims...>::size : 1), Out, Options...>::check)(shape);
    }

    template <typename S>
    using At = typename Linear<S::size, Out, Options...>::template At<S>;
    /// What a BatchNorm behind the layer folds into.
    struct with_bias : detail_::WithBias<LazyLinear> {};
    template <typename S>
    using correction = corrected<Flatten, LazyLinear>;
};

}  // namespace ctcnn

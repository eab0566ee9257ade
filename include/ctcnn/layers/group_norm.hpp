// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/describe.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/group_norm.hpp>

namespace CTCNN_DETAIL {

/// What layers that normalise within one image share, on images of shape S: L is the layer as it is spelled, Parameter
/// the shape of its weight and its bias.
template <typename L, kernels::GroupNormGeometry geometry, typename Parameter, typename S>
struct BoundGroupNorm {
    static constexpr LayerKind kind = LayerKind::compute;

    using layer = L;
    using input_shape = S;
    using output_shape = S;
    using weight_shape = std::conditional_t<L::options.affine, Parameter, NoParameter>;
    using bias_shape = std::conditional_t<L::options.affine && L::options.bias, Parameter, NoParameter>;

    static constexpr std::array<double, 2> initial{1, 0};
    /// For each element one for the variance and one for the result.
    static constexpr std::uint64_t multiply_adds = saturating_product<std::uint64_t>({2, S::size});

    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    /// InstanceNormalization of the groups: GroupNormalization is of opset 18, and right from opset 21 on.
    static consteval auto onnx() {
        using enum OnnxConstant::Type;
        constexpr std::uint64_t rest = static_cast<std::uint64_t>(-1);
        OnnxNode image{"Reshape"};
        [&]<std::size_t... Dims>(Shape<Dims...>) { image = image.with_input("shape", int64, {0, Dims...}); }(S{});
        const std::array nodes{
            OnnxNode{"Reshape"}.with_tensors(0, 0).with_input("groups", int64, {0, geometry.groups, rest}),
            OnnxNode{"InstanceNormalization"}
                .on(1)
                .with_filled(1, {geometry.groups})
                .with_filled(0, {geometry.groups})
                .with_tensors(0, 0)
                .with_number("epsilon", L::options.eps),
            image.on(2).with_tensors(0, 0),
            OnnxNode{"Mul"}.on(3).with_tensors(0, 1),
            OnnxNode{"Add"}.on(4).with_tensors(1, 1),
        };
        if constexpr (L::options.affine) {
            auto affine = nodes;
            affine[0].trailing_axes = S::rank - 1;
            return affine;
        } else {
            return std::array{nodes[0], nodes[1], nodes[2]};
        }
    }

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>* parameters, const V* input, V* output, V*, V*) {
        kernels::group_norm_forward<geometry, InLayout, OutLayout, Activation>(input, weight(parameters),
                                                                               bias(parameters), eps<V>, output);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, const V*,
                                         V*) {
        kernels::group_norm_backward<geometry, InLayout, OutLayout, Before>(grad_input, weight(parameters), grad_output,
                                                                            eps<V>, false, nullptr, nullptr);
    }
    template <typename InLayout, typename OutLayout, Number V>
    static constexpr void backward_parameters(const V* input, const V* grad_output, bool add, scalar_t<V>* gradient,
                                              V*) {
        kernels::group_norm_backward<geometry, InLayout, OutLayout, void>(input, nullptr, grad_output, eps<V>, add,
                                                                          weight(gradient), bias(gradient));
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward(const scalar_t<V>* parameters, V* grad_input, const V* grad_output, bool add,
                                   scalar_t<V>* gradient, V*) {
        kernels::group_norm_backward<geometry, InLayout, OutLayout, Before>(
            grad_input, weight(parameters), grad_output, eps<V>, add, weight(gradient), bias(gradient));
    }

private:
    template <Number V>
    static constexpr scalar_t<V> eps = static_cast<scalar_t<V>>(L::options.eps);

    template <typename T>
    static constexpr auto weight([[maybe_unused]] T* parameters) {
        if constexpr (weight_shape::size != 0) {
            return parameters;
        } else {
            return nullptr;
        }
    }
    template <typename T>
    static constexpr auto bias([[maybe_unused]] T* parameters) {
        if constexpr (bias_shape::size != 0) {
            return parameters + weight_shape::size;
        } else {
            return nullptr;
        }
    }
};

}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// GroupNorm: normalises each group of neighbouring channels of an image to mean 0 and variance 1; then each channel
/// has its factor and its offset: (x - mean)/sqrt(variance + Eps)*weight + bias.
/// Options  Eps<1e-5>, NoAffine
/// Shapes   (C, ...) -> the same
/// Params   weight (C), bias (C); none with NoAffine
/// Refuses  unknown_option · repeated_option · zero_groups · zero_channels · number_too_large · groups_divide ·
///          in_channels
/// As in    torch.nn.GroupNorm
/// Source   Wu, He, "Group normalization", ECCV 2018
template <std::size_t GroupCount, std::size_t Channels, typename... Options>
struct GroupNorm {
    static constexpr detail_::LayerOptions options =
        detail_::read_options<Options...>(detail_::Option::eps | detail_::Option::no_affine);

    template <std::size_t... Dims>
    static consteval Mismatch(check)([[maybe_unused]] Shape<Dims...> shape) {
        if (options.reason != Reason::none) {
            return {options.reason};
        }
        if (GroupCount == 0) {
            return {Reason::zero_groups};
        }
        if (Channels == 0) {
            return {Reason::zero_channels};
        }
        if (GroupCount > detail_::largest_number || Channels > detail_::largest_number) {
            return {Reason::number_too_large};
        }
        if (Channels % GroupCount != 0) {
            return {Reason::groups_divide};
        }
        return shape.dim(0) == Channels ? Mismatch{} : Mismatch{Reason::in_channels, Channels};
    }

    template <typename S>
    using At = detail_::BoundGroupNorm<GroupNorm,
                                       detail_::kernels::GroupNormGeometry{GroupCount, Channels, S::size / Channels,
                                                                           detail_::kernels::Affine::of_channel},
                                       Shape<Channels>, S>;
    template <typename S>
    using correction = corrected<GroupNorm<GroupCount, S::dim(0), Options...>>;

    static constexpr void describe(detail_::Description& text) {
        text.append("GroupNorm(");
        detail_::describe_sizes(text, GroupCount, Channels);
        detail_::describe_norm(text, options);
        text.append(")");
    }
};

}  // namespace ctcnn

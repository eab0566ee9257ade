// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/onnx_node.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/spelling.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/core/tile_view.hpp>
#include <ctcnn/kernels/activation.hpp>

namespace ctcnn {

/// Parameters: the parameters of a CustomLayer, in the order of its state_dict.
template <typename... Ps>
struct Parameters {};

/// Parameter: one of them: its name, its shape, and what it begins with, an InitialValue or a FanIn. Without these, the
/// fan_in is the product of all axes but the first, as in PyTorch; a parameter of one axis begins as the bias of the
/// parameter before it.
template <detail_::Name ParameterName, typename S, typename Initial = void>
struct Parameter {};

/// InitialValue: a parameter begins as a constant.
template <double Value>
struct InitialValue {};

/// FanIn: a parameter begins as initialize draws a weight: how many inputs an output sums, and the reverse.
template <std::size_t In, std::size_t Out = In>
struct FanIn {};

}  // namespace ctcnn

namespace CTCNN_DETAIL {

// The parameters that a custom layer declares ----------------------------------------------------------------------

/// The fan_in of a parameter that begins as the bias of the one before it.
inline constexpr std::size_t fan_in_of_weight = static_cast<std::size_t>(-1);

template <typename Initial>
struct Beginning {
    static constexpr bool valid = false;
};
template <>
struct Beginning<void> {
    static constexpr bool valid = true;
    static consteval LayerTensor of(LayerTensor tensor) {
        const bool weight = tensor.shape.size() > 1;
        tensor.fan_in = weight ? tensor.count() / tensor.shape[0] : fan_in_of_weight;
        tensor.fan_out = weight ? tensor.count() / tensor.shape[1] : 0;
        return tensor;
    }
};
template <double Value>
struct Beginning<InitialValue<Value>> {
    static constexpr bool valid = true;
    static consteval LayerTensor of(LayerTensor tensor) {
        tensor.initial = Value;
        return tensor;
    }
};
template <std::size_t In, std::size_t Out>
struct Beginning<FanIn<In, Out>> {
    static constexpr bool valid = In != 0 && Out != 0;
    static consteval LayerTensor of(LayerTensor tensor) {
        tensor.fan_in = In;
        tensor.fan_out = Out;
        return tensor;
    }
};

template <typename P>
struct ParameterParts {
    static constexpr bool valid = false;
};
template <Name ParameterName, typename S, typename Initial>
    requires is_shape<S>
struct ParameterParts<Parameter<ParameterName, S, Initial>> {
    static constexpr bool valid = S::rank != 0 && S::size != 0 && Beginning<Initial>::valid;
    static constexpr auto name = ParameterName;
    using shape = S;
    static consteval LayerTensor tensor() { return Beginning<Initial>::of({.name = name.view(), .shape = dims_of<S>}); }
};

/// ParameterList: what Parameters<...> says, as constants; empty where it is something else.
template <typename Declared>
struct ParameterList;
template <typename... Ps>
    requires(... && ParameterParts<Ps>::valid)
struct ParameterList<Parameters<Ps...>> {
    static constexpr std::array<LayerTensor, sizeof...(Ps)> tensors = [] {
        std::array<LayerTensor, sizeof...(Ps)> result{ParameterParts<Ps>::tensor()...};
        std::size_t fan_in = 1;
        for (LayerTensor& tensor : result) {
            tensor.fan_in = tensor.fan_in == fan_in_of_weight ? fan_in : tensor.fan_in;
            fan_in = tensor.fan_in;
        }
        return result;
    }();
    /// The elements before each parameter, and of all.
    static constexpr std::array<std::size_t, sizeof...(Ps) + 1> offsets = [] {
        std::array<std::size_t, sizeof...(Ps) + 1> sums{};
        for (std::size_t i = 0; i < sizeof...(Ps); ++i) {
            sums[i + 1] = sums[i] + tensors[i].count();
        }
        return sums;
    }();
    static constexpr std::size_t count = offsets[sizeof...(Ps)];

    static constexpr bool all_constant = [] {
        bool constant = true;
        for (const LayerTensor& tensor : tensors) {
            constant = constant && tensor.fan_in == 0;
        }
        return constant;
    }();
    static constexpr bool valid = [] {
        for (std::size_t i = 0; i < sizeof...(Ps); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (tensors[i].name == tensors[j].name) {
                    return false;
                }
            }
        }
        return true;
    }();

    template <typename Layer, typename X, typename Y, Number V = typename X::value_type>
    static constexpr bool takes_forward = requires(X x, Y y) {
        Layer::forward(x, y, std::declval<ParameterView<V, typename ParameterParts<Ps>::shape>>()...);
    };
    template <typename Layer, typename X, typename GradY, typename GradX, Number V = typename X::value_type>
    static constexpr bool takes_backward = requires(X x, GradY grad_y, GradX grad_x) {
        Layer::backward(x, std::declval<ParameterView<V, typename ParameterParts<Ps>::shape>>()..., grad_y, grad_x,
                        std::declval<GradientView<V, typename ParameterParts<Ps>::shape>>()...);
    };

    template <typename Layer, typename X, typename Y, Number V = typename X::value_type>
    static constexpr void forward([[maybe_unused]] const scalar_t<V>* parameters, X x, Y y) {
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            Layer::forward(x, y, ParameterView<V, typename ParameterParts<Ps>::shape>(parameters + offsets[Input])...);
        }(std::index_sequence_for<Ps...>{});
    }
    template <typename Layer, typename X, typename GradY, typename GradX, Number V = typename X::value_type>
    static constexpr void backward([[maybe_unused]] const scalar_t<V>* parameters, X x, GradY grad_y, GradX grad_x,
                                   [[maybe_unused]] V* sums) {
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            Layer::backward(x, ParameterView<V, typename ParameterParts<Ps>::shape>(parameters + offsets[Input])...,
                            grad_y, grad_x,
                            GradientView<V, typename ParameterParts<Ps>::shape>(sums + 2 * offsets[Input])...);
        }(std::index_sequence_for<Ps...>{});
    }
};

template <typename Declared>
struct ParameterList : ParameterList<Parameters<>> {
    static constexpr bool valid = false;
};

/// The shape of the parameters behind the first one: of several, only how many elements they have.
template <typename... Ps>
struct OthersShape {
    using type = Shape<(std::size_t{0} + ... + ParameterParts<Ps>::shape::size)>;
};
template <typename P>
struct OthersShape<P> {
    using type = typename ParameterParts<P>::shape;
};

/// What a list is to those who know of a weight and a bias alone: its first parameter, and the others.
template <typename List>
struct WeightAndBias {
    using weight_shape = NoParameter;
    using bias_shape = NoParameter;
};
template <typename First, typename... Others>
    requires(ParameterParts<First>::valid && ... && ParameterParts<Others>::valid)
struct WeightAndBias<Parameters<First, Others...>> {
    using weight_shape = typename ParameterParts<First>::shape;
    using bias_shape = typename OthersShape<Others...>::type;
};

/// What they begin with: constants, or as the first one's fan_in says.
template <typename List>
struct WeightAndBiasBegin {
    static constexpr std::size_t fan_in = List::tensors[0].fan_in;
    static constexpr std::size_t fan_out = List::tensors[0].fan_out;
};
template <typename List>
    requires(List::all_constant)
struct WeightAndBiasBegin<List> {
    static constexpr std::array<double, 2> initial = [] {
        std::array<double, 2> result{};
        for (std::size_t i = 0; i < 2 && i < List::tensors.size(); ++i) {
            result[i] = List::tensors[i].initial;
        }
        return result;
    }();
};

// What a custom layer says of itself, or the default. --------------------------------------------------------------

template <typename L, typename S>
struct OutputShapeOf {
    using type = S;
};
template <typename L, typename S>
    requires requires { typename L::output_shape; }
struct OutputShapeOf<L, S> {
    using type = typename L::output_shape;
};
template <typename L, typename S>
    requires requires { typename L::template output_shape<S>; }
struct OutputShapeOf<L, S> {
    using type = typename L::template output_shape<S>;
};

template <typename L, typename S>
struct ParametersOf {
    using type = Parameters<>;
};
template <typename L, typename S>
    requires requires { typename L::parameters; }
struct ParametersOf<L, S> {
    using type = typename L::parameters;
};
template <typename L, typename S>
    requires requires { typename L::template parameters<S>; }
struct ParametersOf<L, S> {
    using type = typename L::template parameters<S>;
};

/// Whether a type has a member named check, whatever it takes: the name is then ambiguous beside another one.
struct HasCheck {
    int check;
};
template <typename L, bool Final = std::is_final_v<L>>
struct BesideCheck : L, HasCheck {};

template <typename L, typename S>
concept ChecksShape = requires { (L::check)(S{}); };

/// From a final class nothing is derived: its check is known by what it takes.
template <typename L>
struct BesideCheck<L, true>
    : std::conditional_t<ChecksShape<L, Shape<1>> || ChecksShape<L, Shape<1, 1, 1>>, std::false_type, HasCheck> {};

template <typename L>
concept NamesCheck = !requires { &BesideCheck<L>::check; };

/// The declaration of forward or backward for parameters of these names.
template <bool Backward, typename List>
inline constexpr auto signature = [] {
    constexpr std::size_t capacity = [] {
        std::size_t size = 80;
        for (const LayerTensor& tensor : List::tensors) {
            size += 2 * (tensor.name.size() + 12);
        }
        return size;
    }();
    Text<capacity> text;
    const auto append_all = [&](std::string_view before) {
        for (const LayerTensor& tensor : List::tensors) {
            text.append(before);
            text.append(tensor.name);
        }
    };
    text.append(Backward ? "static constexpr void backward(auto x" : "static constexpr void forward(auto x, auto y");
    append_all(", auto ");
    if (Backward) {
        text.append(", auto grad_y, auto grad_x");
        append_all(", auto grad_");
    }
    text.append(")");
    return text;
}();

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

namespace CTCNN_API {

/// CustomLayer: the base of a layer outside the library, which says what it computes. This one multiplies each channel
/// by a number that is learned:
///     template <std::size_t C>
///     struct Scale : CustomLayer<Scale<C>> {
///         using parameters = Parameters<Parameter<"weight", Shape<C>, InitialValue<1.0>>>;
///         template <std::size_t Channels, std::size_t H, std::size_t W>
///         static consteval Mismatch check(Shape<Channels, H, W>) {
///             return Channels == C ? Mismatch{} : Mismatch{Reason::in_channels, C};
///         }
///         static constexpr void forward(auto x, auto y, auto weight) {
///             for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * weight(c);
///         }
///         static constexpr void backward(auto x, auto weight, auto grad_y, auto grad_x, auto grad_weight) {
///             for (const auto [c, h, w] : x.indices()) {
///                 grad_x(c, h, w) = grad_y(c, h, w) * weight(c);
///                 grad_weight(c) += grad_y(c, h, w) * x(c, h, w);
///             }
///         }
///     };
/// forward and backward get views of a tile of images: an element is a V, a number of each of its images. What they
/// write is zero before.
/// May be left out   check: any shape; output_shape, a Shape or a template of the input's: that of the input;
///                   parameters, or a template of the input's shape: none; multiply_adds(Shape): 0;
///                   name, for summary, and onnx, the operator, for export_onnx: each a std::string_view
/// Refuses  what check refuses · image_rank, feature_rank for a shape that check does not take · own_reason ·
///          incomplete_layer
template <typename Self>
struct CustomLayer {
    using custom_layer = Self;

    template <typename S>
    static consteval Mismatch answer() {
        using namespace detail_;
        if constexpr (!NamesCheck<Self>) {
            return {};
        } else if constexpr (requires {
                                 { (Self::check)(S{}) } -> std::same_as<Mismatch>;
                             }) {
            return (Self::check)(S{});
        } else if constexpr (ChecksShape<Self, S>) {
            return {"static consteval Mismatch check(Shape<...>)", Reason::incomplete_layer};
        } else if constexpr (S::rank != 3 && ChecksShape<Self, Shape<1, 1, 1>>) {
            return {Reason::image_rank};
        } else if constexpr (S::rank != 1 && ChecksShape<Self, Shape<1>>) {
            return {Reason::feature_rank};
        } else {
            return {"the layer has no check for shapes of this kind"};
        }
    }

    template <typename S>
    using At = detail_::BoundCustom<Self, S>;

    static constexpr void describe(detail_::Description& text) {
        if constexpr (requires { std::string_view(Self::name); }) {
            text.append(Self::name);
        } else {
            detail_::append_spelling<Self>(text);
        }
    }
};

}  // namespace CTCNN_API

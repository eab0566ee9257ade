// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/core/tile_view.hpp>

// The parameters that a custom layer declares.
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

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/layer_tensor.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/layers/custom/parameters.hpp>

// What a custom layer says of itself, or the default; nothing where a member has another form.
namespace CTCNN_DETAIL {

/// Whether a type has a member of these names, whatever it takes: the name is then ambiguous beside another one.
struct HasCheck {
    int check;
    using output_shape = void;
    using parameters = void;
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
template <typename L>
concept NamesOutputShape = !std::is_final_v<L> && !requires { typename BesideCheck<L>::output_shape; };
template <typename L>
concept NamesParameters = !std::is_final_v<L> && !requires { typename BesideCheck<L>::parameters; };

/// Whether the check of a shape is a constant expression.
template <typename L, typename S>
concept ChecksInConstants = requires { typename std::bool_constant<(static_cast<void>((L::check)(S{})), true)>; };

/// Whether members for summary and export_onnx are those of an object.
template <typename L>
concept NameOfObject = requires { requires std::is_member_object_pointer_v<decltype(&L::name)>; };
template <typename L>
concept OnnxOfObject = requires { requires std::is_member_object_pointer_v<decltype(&L::onnx)>; };

template <typename L, typename S>
struct OutputShapeOf {
    using type = std::conditional_t<NamesOutputShape<L>, void, S>;
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
    using type = std::conditional_t<NamesParameters<L>, void, Parameters<>>;
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

}  // namespace CTCNN_DETAIL

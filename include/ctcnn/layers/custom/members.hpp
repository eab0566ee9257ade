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

// What a custom layer says of itself, or the default.
namespace CTCNN_DETAIL {

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

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>

// What takes the place of a network that is refused, so that its one error stays the only one: whatever a program does
// with a network compiles with what stands here, and what it asserts is true. Each class below asks for the error
// first.
namespace CTCNN_DETAIL::model {

// An error is a class that does not compile, and is asked for in a requires-expression, so that clang does not take the
// asking class for broken, too, and say no more. Where the class is a base, Asked is the way, before what follows asks
// for it, which would make the message longer.
template <bool, typename Base>
struct Asked {
    using type = Base;
};

/// AnyNumber: a constant of a refused network. An enumeration converts to each type of number as a std::size_t does,
/// and can have comparisons of its own: it equals everything, and is small as well as large. What is counted up to it
/// is counted to 1.
enum AnyNumber : std::size_t { any_number = 1 };

template <typename X>
concept Comparable = std::is_arithmetic_v<X> || std::same_as<X, AnyNumber>;

template <Comparable X>
constexpr bool operator==(AnyNumber, X) {
    return true;
}
template <Comparable X>
constexpr bool operator==(X, AnyNumber) {
    return true;
}
constexpr bool operator==(AnyNumber, AnyNumber) { return true; }
template <Comparable X>
constexpr bool operator!=(AnyNumber, X) {
    return true;
}
template <Comparable X>
constexpr bool operator!=(X, AnyNumber) {
    return true;
}
template <Comparable X>
constexpr bool operator>(AnyNumber, X) {
    return true;
}
template <Comparable X>
constexpr bool operator>=(AnyNumber, X) {
    return true;
}
constexpr bool operator!=(AnyNumber, AnyNumber) { return true; }
constexpr bool operator>(AnyNumber, AnyNumber) { return true; }

// The result of arithmetic is such a number, too.
#define CTCNN_ANY_NUMBER(sign)                                \
    template <Comparable X>                                   \
    constexpr AnyNumber operator sign(AnyNumber, X) {         \
        return any_number;                                    \
    }                                                         \
    template <std::integral X>                                \
    constexpr AnyNumber operator sign(X, AnyNumber) {         \
        return any_number;                                    \
    }                                                         \
    template <Comparable X>                                   \
    constexpr AnyNumber& operator sign##=(AnyNumber & a, X) { \
        return a;                                             \
    }
CTCNN_ANY_NUMBER(+)
CTCNN_ANY_NUMBER(-)
CTCNN_ANY_NUMBER(*)
CTCNN_ANY_NUMBER(/)
CTCNN_ANY_NUMBER(%)
#undef CTCNN_ANY_NUMBER

/// AnyShape: a shape that nobody knows; it equals every other one.
template <typename Error>
    struct AnyShape : Asked < requires {
    sizeof(Error);
}, Shape < 1 >> ::type {
    static constexpr AnyNumber rank = any_number;
    static constexpr AnyNumber size = any_number;
    static constexpr std::array<AnyNumber, 1> dims{any_number};
    static constexpr AnyNumber dim(std::size_t) { return any_number; }
    template <typename... Index>
    static constexpr AnyNumber offset(Index...) {
        return AnyNumber{};
    }
    template <typename... Index>
    static constexpr bool contains(Index...) {
        return true;
    }
    template <typename S>
        requires is_shape<S>
    friend constexpr bool operator==(AnyShape, S) {
        return true;
    }
};

/// AnyTensor: made of everything, and turned into everything that is a class.
template <typename Error, typename T>
    struct AnyTensor : Asked < requires {
    sizeof(Error);
}, Tensor < T, AnyShape < Error >>> ::type {
    constexpr AnyTensor() = default;
    template <typename X, typename... More>
        requires(!std::derived_from<std::remove_cvref_t<X>, AnyTensor> || sizeof...(More) != 0)
    constexpr AnyTensor(X&&, More && ...) {}

    template <typename X>
        requires(std::is_class_v<X> && !std::derived_from<AnyTensor, X>)
    constexpr operator X() const {
        return X{};
    }
    template <typename X>
    friend constexpr bool operator==(const AnyTensor&, const X&) {
        return true;
    }
    static constexpr AnyNumber size() { return any_number; }
};

template <typename Error, typename T>
struct AnyView : TensorView<T, AnyShape<Error>> {
    constexpr AnyView() : TensorView<T, AnyShape<Error>>(nullptr) {}

    template <typename U, typename S>
    constexpr operator TensorView<U, S>() const {
        return TensorView<U, S>(nullptr);
    }
    static constexpr AnyNumber size() { return any_number; }
};

/// AnyLayer: what layer<I>() returns, of a layer and of a block.
template <typename Error, typename T>
struct AnyLayer {
    AnyView<Error, T> weight;
    AnyView<Error, T> bias;

    template <std::size_t>
    constexpr AnyLayer layer() const {
        return {};
    }
};

/// AnyParameters: what a network and its gradients have.
template <typename Error, typename T>
struct AnyParameters {
    using error = std::bool_constant<requires { sizeof(Error); }>;
    using scalar = T;

    constexpr AnyParameters() = default;

    static constexpr std::span<T> parameters() { return {}; }
    template <std::size_t>
    static constexpr AnyLayer<Error, T> layer() {
        return {};
    }
};

/// AnyText, AnyDims, AnyTensors: what names() has.
struct AnyText : std::string_view {
    static constexpr AnyNumber size() { return any_number; }
    template <typename X>
    friend constexpr bool operator==(const AnyText&, const X&) {
        return true;
    }
};
struct AnyDims : std::span<const std::size_t> {
    AnyNumber dim = any_number;

    constexpr AnyNumber operator[](std::size_t) const { return dim; }
    static constexpr AnyNumber size() { return any_number; }
    constexpr const AnyNumber* begin() const { return &dim; }
    constexpr const AnyNumber* end() const { return &dim + 1; }
};
template <typename Error>
struct AnyTensors {
    using error = std::bool_constant<requires { sizeof(Error); }>;
    struct Entry {
        AnyText name;
        AnyDims shape;
        AnyNumber offset = any_number;
        AnyNumber count = any_number;
    };
    Entry entry{};

    constexpr const Entry* begin() const { return &entry; }
    constexpr const Entry* end() const { return &entry + 1; }
    constexpr const Entry& operator[](std::size_t) const { return entry; }
    static constexpr AnyNumber size() { return any_number; }
    static constexpr bool empty() { return false; }
};

/// AnyResult: what a function of a refused network returns, whatever it is.
struct AnyResult {
    template <typename X>
    constexpr operator X() const {
        return X{};
    }
};

template <typename Error>
struct AnyWorkspace {
    using error = std::bool_constant<requires { sizeof(Error); }>;
};

template <typename Error, typename T, typename Input>
struct KnownInput {
    using shape = Input;
    using tensor = Tensor<T, Input>;
};
template <typename Error, typename T>
struct KnownInput<Error, T, void> {
    using shape = AnyShape<Error>;
    using tensor = AnyTensor<Error, T>;
};

/// InsteadOfNetwork: what a Sequential is derived from that is not a network, by its error and the shape of its input,
/// if it is known. A block is no network either, and is asked for no error until it is used like one.
template <typename Error, typename Input = void, typename T = float>
struct InsteadOfNetwork {
    using refusal_error = Error;

    constexpr InsteadOfNetwork() {
        [[maybe_unused]] std::bool_constant<requires { sizeof(Error); }> error;
    }

    using scalar = T;
    using input_shape = typename KnownInput<Error, T, Input>::shape;
    using output_shape = AnyShape<Error>;
    template <std::size_t>
    using shape_after = AnyShape<Error>;
    template <typename U>
    using with_scalar = InsteadOfNetwork<Error, Input, U>;
    template <typename>
    using with_precision = InsteadOfNetwork;
    /// A network with another precision is assigned to it.
    template <typename Net>
        requires std::derived_from<Net, InsteadOfNetwork>
    constexpr operator Net() const {
        return {};
    }
    using input_tensor = typename KnownInput<Error, T, Input>::tensor;
    using output_tensor = AnyTensor<Error, T>;
    using gradients = AnyParameters<Error, T>;
    using workspace = AnyWorkspace<Error>;
    static constexpr AnyNumber layer_count = AnyShape<Error>::size;
    static constexpr AnyNumber parameter_count = AnyShape<Error>::size;
    static constexpr AnyNumber multiply_adds = AnyShape<Error>::size;
    static constexpr AnyNumber parameter_bytes = AnyShape<Error>::size;
    static constexpr AnyNumber inference_workspace_bytes = AnyShape<Error>::size;
    static constexpr AnyNumber inference_stack_bytes = AnyShape<Error>::size;
    static constexpr AnyNumber training_workspace_bytes = AnyShape<Error>::size;

    template <typename... Arguments>
    constexpr output_tensor operator()(const Arguments&...) const {
        return {};
    }
    // No template can take what stands in braces.
    constexpr output_tensor operator()(const input_tensor&) const { return {}; }
    constexpr output_tensor operator()(const input_tensor&, const workspace&) const { return {}; }

    static constexpr std::span<T> parameters() { return {}; }
    template <std::size_t>
    static constexpr AnyLayer<Error, T> layer() {
        return {};
    }
    static constexpr AnyTensors<Error> names() { return {}; }
};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

template <typename Error>
inline constexpr bool is_shape<detail_::model::AnyShape<Error>> = true;
template <typename Error>
inline constexpr bool detail_::is_known_shape<detail_::model::AnyShape<Error>> = false;

}  // namespace ctcnn

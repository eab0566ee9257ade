// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/target.hpp>

// What takes the place of a network that is refused, so that its one error stays the only one.
namespace CTCNN_DETAIL::model {

/// Anything: stands in for every part of a refused network, and agrees to everything.
struct Anything {
    constexpr Anything() = default;
    template <typename X, typename... More>
        requires(!std::derived_from<std::remove_cvref_t<X>, Anything> || sizeof...(More) != 0)
    constexpr Anything(X&&, More&&...) {}

    // A shape.
    static constexpr std::size_t rank = 1;
    friend constexpr bool operator==(const Anything&, const Anything&) { return true; }
    template <typename X>
        requires(!std::derived_from<X, Anything>)
    friend constexpr bool operator==(const Anything&, const X&) {
        return true;
    }

    // A number: small, for budgets.
    constexpr operator std::size_t() const { return 1; }

    // An object of another class, such as the Tensor that somebody makes of an answer.
    template <typename X>
        requires(std::is_class_v<X> && !std::derived_from<X, Anything>)
    constexpr operator X() const {
        return X{};
    }

    // A tensor, a view of a layer, a view of a tensor, an array of answers.
    using value_type = float;
    static const Anything weight;
    static const Anything bias;
    static const std::array<float, 1> values;
    template <std::size_t>
    constexpr Anything layer() const {
        return {};
    }
    template <typename... Arguments>
    constexpr Anything operator()(const Arguments&...) const {
        return {};
    }
    constexpr const Anything* begin() const { return this; }
    constexpr const Anything* end() const { return this + 1; }
    constexpr const Anything& operator[](std::size_t) const { return *this; }
    static constexpr std::array<float, 1> span() { return {}; }
    static constexpr std::array<float, 1> parameters() { return {}; }
    static constexpr std::size_t size() { return 1; }
};
inline constexpr Anything Anything::weight{};
inline constexpr Anything Anything::bias{};
inline constexpr std::array<float, 1> Anything::values{};

/// AnyTensors: stands in for the names of a refused network: as many NamedTensors as are asked for.
struct AnyTensors {
    struct Tensor {
        Anything name;
        Anything shape;
        Anything offset;
        Anything count;
    };
    Tensor tensor{};

    constexpr const Tensor* begin() const { return &tensor; }
    constexpr const Tensor* end() const { return &tensor + 1; }
    constexpr const Tensor& operator[](std::size_t) const { return tensor; }
    static constexpr Anything size() { return {}; }
    static constexpr bool empty() { return false; }
};

/// InsteadOfNetwork: what a Sequential is derived from that is not a network, by its error: a class that does not compile.
/// Whichever of a network's names is asked for, the error comes, and no other.
template <typename Error>
struct InsteadOfNetwork {
    using refusal_error = Error;

    // Asked in requires-expressions, so that clang does not take the asking class for broken too, and says no more.
    struct Part : Anything {
        using error = std::bool_constant<requires { sizeof(Error); }>;
        using Anything::Anything;
        constexpr Part(const Anything&) {}
    };
    struct ShapePart : Part {
        static constexpr std::size_t size = 1;
    };
    constexpr InsteadOfNetwork() {
        [[maybe_unused]] std::bool_constant<requires { sizeof(Error); }> error;
    }

    using scalar = float;
    using input_shape = ShapePart;
    using output_shape = ShapePart;
    template <std::size_t>
    using shape_after = ShapePart;
    template <typename>
    using with_scalar = InsteadOfNetwork;
    using input_tensor = Part;
    using output_tensor = Part;
    using gradients = Part;
    using workspace = Part;
    static constexpr Anything layer_count = Part{};
    static constexpr Anything parameter_count = Part{};
    static constexpr Anything multiply_adds = Part{};
    static constexpr Anything parameter_bytes = Part{};
    static constexpr Anything inference_workspace_bytes = Part{};
    static constexpr Anything inference_stack_bytes = Part{};
    static constexpr Anything training_workspace_bytes = Part{};

    template <typename... Arguments>
    constexpr Anything operator()(const Arguments&...) const {
        return {};
    }
    // No template can take what stands in braces.
    constexpr Anything operator()(const Anything&) const { return {}; }
    constexpr Anything operator()(const Anything&, const Anything&) const { return {}; }
    template <std::size_t>
    constexpr Anything layer() const {
        return {};
    }
    static constexpr std::array<float, 1> parameters() { return {}; }
    static constexpr AnyTensors names() { return {}; }
};

}  // namespace CTCNN_DETAIL::model

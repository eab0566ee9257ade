// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/flow.hpp>
#include <ctcnn/model/forward.hpp>
#include <ctcnn/model/list.hpp>
#include <ctcnn/model/parameters.hpp>
#include <ctcnn/model/plan.hpp>
#include <ctcnn/model/refusal.hpp>

namespace ctcnn {

template <typename... Layers>
class Sequential;

namespace model {

template <typename T, typename Spelling, typename F>
class NetworkOf;

/// Network: what Sequential<Input<...>, Layers...> is derived from, in the numbers T.
template <typename T, typename S, typename... Layers>
using Network = NetworkOf<T, List<S, Layers...>, Flow<typename S::shape, Layers...>>;

template <typename T, typename S, typename... Layers>
struct WithScalar {
    using type = Network<T, S, Layers...>;
};
template <typename S, typename... Layers>
struct WithScalar<float, S, Layers...> {
    using type = Sequential<S, Layers...>;
};

/// BoundBlock: a block on what arrives.
template <typename L, typename S, typename Layers>
struct BoundBlock;
template <typename L, typename S, typename... Bound>
struct BoundBlock<L, S, List<Bound...>> {
    static constexpr LayerKind kind = LayerKind::block;
    using layer = L;
    using layers = List<Bound...>;
    using leaves = Leaves<Bound...>;
    using input_shape = S;
    using output_shape = typename At<sizeof...(Bound) - 1, layers>::output_shape;
    static constexpr std::size_t parameter_count = (std::size_t{0} + ... + model::parameter_count<Bound>());
    static constexpr std::size_t multiply_adds = (std::size_t{0} + ... + Bound::multiply_adds);
};

/// NetworkOf: a network in the numbers T, spelled List<Input<...>, Layers...>, from the flow of its shapes.
template <typename T, typename S, typename... Layers, std::size_t Count, typename Output, typename... Bound>
class NetworkOf<T, List<S, Layers...>, FlowState<Count, Output, Accepted, Bound...>>
    : public ParameterArray<T, (std::size_t{0} + ... + model::parameter_count<Bound>()), List<Bound...>> {
public:
    using input_shape = typename S::shape;
    using output_shape = Output;
    /// The same network in another number type, as in with_scalar<double>.
    template <typename Scalar>
        requires std::same_as<Scalar, float> || std::same_as<Scalar, double>
    using with_scalar = typename WithScalar<Scalar, S, Layers...>::type;
    /// The shape behind layer I; layers count as in torch.nn.Sequential.
    template <std::size_t I>
    using shape_after = typename At<existing_layer<I, Bound...>(), List<Bound...>>::output_shape;

    static constexpr std::size_t layer_count = Count;
    static constexpr std::size_t parameter_count = (std::size_t{0} + ... + model::parameter_count<Bound>());
    /// Multiplications with addition that forward takes for one image.
    static constexpr std::size_t multiply_adds = (std::size_t{0} + ... + Bound::multiply_adds);

    /// The layers, each bound to its shape, and how they run.
    using layers = List<Bound...>;
    using plan = Plan<input_shape, Leaves<Bound...>>;

    static constexpr std::size_t parameter_bytes = parameter_count * sizeof(T);
    /// The buffers that net(x) needs beside the parameters, and that a Workspace<Net> holds.
    static constexpr std::size_t inference_workspace_bytes = plan::inference_numbers * sizeof(T);
    /// What its kernels put on the stack in arrays beside that, for a moment; at most 48 KiB, and not the same for all
    /// processors. Registers that are spilled come on top, some hundred bytes.
    static constexpr std::size_t inference_stack_bytes = plan::template stack_numbers<T> * sizeof(T);
    /// What forward and backward of one image need beside the parameters, gradients included; a tile of n images in the
    /// lanes of SIMD registers takes n times the part that is not gradients, and scratch memory (plan::scratch_numbers).
    static constexpr std::size_t training_workspace_bytes =
        (plan::buffer_numbers + plan::saved_numbers + plan::output_size + plan::tile_gradient_numbers +
         parameter_count) *
        sizeof(T);

    using input_tensor = Tensor<T, input_shape>;
    using output_tensor = Tensor<T, output_shape>;
    using gradients = ParameterArray<T, parameter_count, layers>;
    using workspace = InferenceWorkspace<plan, T>;

    /// Forward on one image, (input_shape) -> (output_shape). The network is not changed, so any number of threads may call it.
    constexpr output_tensor operator()(const input_tensor& image) const noexcept {
        static_assert(
            inference_workspace_bytes <= 1024 * 1024,
            "the buffers of this network are large for a stack: keep a Workspace<Net> and call net(x, workspace) or "
            "predict(net, x, workspace)");
        workspace buffers;
        return (*this)(image, buffers);
    }
    /// The same with buffers that the caller keeps; one workspace serves one thread at a time.
    constexpr output_tensor operator()(const input_tensor& image, workspace& buffers) const noexcept {
        using In = typename plan::InputLayout;
        const T* source = image.data();
        for (std::size_t c = 0; c < In::channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h) {
                for (std::size_t w = 0; w < In::width; ++w) {
                    buffers.input()[In::offset(c, h, w)] = *source++;
                }
            }
        }
        infer(this->parameters().data(), buffers);
        output_tensor result;
        for (std::size_t i = 0; i < output_shape::size; ++i) {
            result.values[i] = buffers.output()[i];
        }
        return result;
    }
};

/// Stands in for every part of a refused network, and agrees to everything, so that the one error stays the only one.
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
};

}  // namespace model

/// AnyNetwork: a closed network.
template <typename Net>
concept AnyNetwork = requires {
    typename Net::plan;
    typename Net::gradients;
};

/// RefusedNetwork: a Sequential that is not a network, and has said so. What takes a network takes it without a word.
template <typename Net>
concept RefusedNetwork = requires { typename Net::refusal_error; };

/// Gradients: the gradient of a loss by every parameter, with the same views as the network.
template <typename Net>
    requires AnyNetwork<Net> || RefusedNetwork<Net>
using Gradients = typename Net::gradients;

/// Workspace: the buffers of net(x, workspace).
template <typename Net>
    requires AnyNetwork<Net> || RefusedNetwork<Net>
using Workspace = typename Net::workspace;

namespace model {

/// The index of the largest number: 1 for {2, 5, 5}.
template <typename T, typename S>
constexpr std::size_t index_of_largest(const Tensor<T, S>& outputs) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < outputs.size(); ++i) {
        if (outputs.values[best] < outputs.values[i]) {
            best = i;
        }
    }
    return best;
}

}  // namespace model

/// The index of the largest output: for a classifier, the label. Ties go to the first; the shape is (classes).
template <AnyNetwork Net>
constexpr std::size_t predict(const Net& net, const typename Net::input_tensor& image) noexcept {
    return model::index_of_largest(net(image));
}
/// The same with buffers that the caller keeps, as for net(x, workspace).
template <AnyNetwork Net>
constexpr std::size_t predict(const Net& net, const typename Net::input_tensor& image,
                              typename Net::workspace& buffers) noexcept {
    return model::index_of_largest(net(image, buffers));
}
template <RefusedNetwork Net, typename... Arguments>
constexpr model::Anything predict(const Net&, const Arguments&...) {
    return {};
}
template <RefusedNetwork Net>
constexpr model::Anything predict(const Net&, const model::Anything&) {
    return {};
}

}  // namespace ctcnn

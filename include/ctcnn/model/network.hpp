// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/graph/refusal.hpp>
#include <ctcnn/model/instead_of_network.hpp>
#include <ctcnn/model/parameters.hpp>
#include <ctcnn/model/precision.hpp>
#include <ctcnn/model/state_names.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/forward.hpp>

namespace CTCNN_DETAIL::model {

template <typename T, typename Spelling, typename F>
class NetworkOf;

/// Network: what Sequential<Input<...>, Layers...> is derived from, in the numbers T.
template <typename T, typename S, typename... Layers>
using Network = NetworkOf<T, List<S, Layers...>, graph::Flow<typename S::shape, Layers...>>;

template <typename T, typename S, typename... Layers>
struct WithScalar {
    using type = Network<T, S, Layers...>;
};
template <typename S, typename... Layers>
struct WithScalar<float, S, Layers...> {
    using type = Sequential<S, Layers...>;
};

/// WorkspaceOf: a Workspace<Net>, or one with more threads (model/parallel_workspace.hpp), whose `workspace` it is.
template <typename Buffers, typename Workspace>
concept WorkspaceOf = std::is_convertible_v<Buffers&, Workspace&> ||
                      requires { requires std::same_as<typename Buffers::workspace, Workspace>; };

/// Whether the arguments are those of net(x) or net(x, workspace).
template <typename Image, typename Workspace, typename... Arguments>
inline constexpr bool is_forward = false;
template <typename Image, typename Workspace, typename X>
inline constexpr bool is_forward<Image, Workspace, X> = std::is_convertible_v<X, const Image&>;
template <typename Image, typename Workspace, typename X, typename Buffers>
inline constexpr bool is_forward<Image, Workspace, X, Buffers> =
    std::is_convertible_v<X, const Image&> && std::is_lvalue_reference_v<Buffers> &&
    WorkspaceOf<std::remove_reference_t<Buffers>, Workspace>;

/// NetworkOf: a network in the numbers T, spelled List<Input<...>, Layers...>, from the flow of its shapes.
template <typename T, typename S, typename... Layers, std::size_t Count, typename Output, typename... Bound>
class NetworkOf<T, List<S, Layers...>, graph::FlowState<Count, Output, graph::Accepted, Bound...>>
    : public ParameterArray<T, (std::size_t{0} + ... + graph::parameter_count<Bound>()), List<Bound...>,
                            graph::buffer_count_of_all<Bound...>()> {
public:
    using input_shape = typename S::shape;
    using output_shape = Output;
    /// The same network in another number type, as in with_scalar<double>.
    template <typename Scalar>
        requires std::same_as<Scalar, float> || std::same_as<Scalar, double>
    using with_scalar = typename WithScalar<Scalar, WithoutPrecision<S>, Layers...>::type;
    /// The same network with other factors of products in training and batched inference, as in with_precision<bf16>.
    template <typename Precision>
    using with_precision = typename WithPrecision<Precision, T, WithoutPrecision<S>, Layers...>::type;
    /// The shape behind layer I; layers count as in torch.nn.Sequential.
    template <std::size_t Place>
    using shape_after = typename At<existing_layer<Place, Bound...>(), List<Bound...>>::output_shape;

    /// The tensors of the same torch.nn.Sequential's state_dict, in its order: an array of NamedTensor.
    static constexpr const auto& names() { return named_tensors<List<Bound...>>; }

    static constexpr std::size_t layer_count = Count;
    static constexpr std::size_t parameter_count = (std::size_t{0} + ... + graph::parameter_count<Bound>());
    /// Elements of buffers(): what is not learned, such as running_mean and running_var.
    static constexpr std::size_t buffer_count = graph::buffer_count_of_all<Bound...>();
    /// Multiplications with addition that forward takes for one image.
    static constexpr std::uint64_t multiply_adds = (std::uint64_t{0} + ... + Bound::multiply_adds);

    /// The layers, each bound to its shape, and how they run.
    using layers = List<Bound...>;
    using plan = graph::Plan<graph::Mode::training, graph::Planes::adjacent, S, Layers...>;
    using inference_plan =
        std::conditional_t<plan::differs_in_inference,
                           graph::Plan<graph::Mode::inference, graph::Planes::adjacent, S, Layers...>, plan>;
    /// The same for elements V, of which tiles of images have several.
    template <Number V>
    using plan_of = std::conditional_t<is_lanes<V>, typename plan::OfTiles, plan>;
    template <Number V>
    using inference_plan_of = std::conditional_t<is_lanes<V>, typename inference_plan::OfTiles, inference_plan>;

    static constexpr std::size_t parameter_bytes = parameter_count * sizeof(T);
    /// The buffers that net(x) needs beside the parameters, and that a Workspace<Net> holds.
    static constexpr std::size_t inference_workspace_bytes = inference_plan::inference_numbers * sizeof(T);
    /// What its kernels put on the stack in arrays beside that, for a moment; at most 48 KiB, and not the same for all
    /// processors. Registers that are spilled come on top, some hundred bytes.
    static constexpr std::size_t inference_stack_bytes = inference_plan::template stack_numbers<T> * sizeof(T);
    /// What forward and backward of one image need beside the parameters, gradients included; a tile of n images in the
    /// lanes of SIMD registers takes n times the part that is not gradients, at most 3 % more
    /// where planes lie apart, and scratch memory (plan::scratch_numbers).
    static constexpr std::size_t training_workspace_bytes =
        (plan::buffer_numbers + plan::added_gradient_numbers + plan::saved_numbers + plan::output_size +
         plan::tile_gradient_numbers + parameter_count) *
        sizeof(T);

    using input_tensor = Tensor<T, input_shape>;
    using output_tensor = Tensor<T, output_shape>;
    /// What a network is, and its gradients: the same without buffers.
    using state_type = ParameterArray<T, parameter_count, layers, buffer_count>;
    using gradients = ParameterArray<T, parameter_count, layers>;
    /// On the heap where it has more than most_inside_workspace bytes.
    using workspace = Held<run::InferenceWorkspace<inference_plan, T>, most_inside_workspace>;

    /// Forward on one image, (input_shape) -> (output_shape). The network is not changed, so any number of threads may
    /// call it.
    constexpr output_tensor operator()(const input_tensor& image) const
        noexcept(std::is_nothrow_default_constructible_v<workspace> &&
                 std::is_nothrow_default_constructible_v<output_tensor>) {
        workspace buffers;
        return (*this)(image, buffers);
    }
    /// The same with buffers that the caller keeps; one workspace serves one thread at a time.
    constexpr output_tensor operator()(const input_tensor& image, workspace& buffers) const
        noexcept(std::is_nothrow_default_constructible_v<output_tensor>) {
        const T* outputs =
            run::placed::infer_image<inference_plan>(this->parameters().data(), image.data(), buffers.get());
        output_tensor result;
        for (std::size_t i = 0; i < output_shape::size; ++i) {
            result.values[i] = outputs[i];
        }
        return result;
    }
    /// Other arguments are refused with one sentence.
    template <typename... Arguments>
        requires(!is_forward<input_tensor, workspace, Arguments...>)
    constexpr output_tensor operator()(Arguments&&...) const {
        static_assert(
            never<Arguments...>,
            "a network is called with one image, net(image), or net(image, workspace) with a Workspace<Net> of the "
            "caller's. The image is a Net::input_tensor: elements of a vector or an array are copied into its span(); "
            "predict takes many images");
        return {};
    }
};

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

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
using Gradients = typename Net::gradients;

/// no_class: what predict answers where no output is the largest, since one of them is NaN.
inline constexpr std::size_t no_class = static_cast<std::size_t>(-1);

/// Workspace: the buffers of net(x, workspace).
template <typename Net>
using Workspace = typename Net::workspace;

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::model {

/// Infers: a network, or one for inference alone (model/prepare.hpp).
template <typename Net>
concept Infers = AnyNetwork<Net> || requires { typename Net::prepared_from; };

/// Where the outputs for an image lie, until the workspace is used again.
template <Infers Net, WorkspaceOf<typename Net::workspace> Buffers>
constexpr const typename Net::scalar* outputs_of(const Net& net, const typename Net::input_tensor& image,
                                                 Buffers& buffers) {
    if constexpr (AnyNetwork<Net>) {
        return run::placed::infer_image<typename Net::inference_plan>(net.parameters().data(), image.data(),
                                                                      buffers.get());
    } else {
        return net.outputs(image.data(), buffers);
    }
}

template <typename Bound>
concept GivesProbabilities = requires { requires Bound::gives_probabilities; };

/// Whether the outputs of these layers, the leaves of a network, are probabilities already: the last layer that is no
/// reshape and no Dropout says so.
template <typename... Bound>
consteval bool gives_probabilities(List<Bound...>) {
    bool result = false;
    ((result =
          Bound::kind == LayerKind::reshape || Bound::kind == LayerKind::random ? result : GivesProbabilities<Bound>),
     ...);
    return result;
}

/// What an output that is a yes or no must be above, to be a yes: a logit 0, a probability 1/2.
template <typename Net>
inline constexpr typename Net::scalar threshold =
    gives_probabilities(typename Net::plan::leaves{}) ? typename Net::scalar(0.5) : typename Net::scalar(0);

/// The class that outputs say: the index of the largest of them, 1 for {2, 5, 5}; of a single output, 1 if it is above
/// the limit, else 0; no_class if one of them is NaN.
template <std::size_t Count, std::floating_point T>
constexpr std::size_t class_of(const T* outputs, T limit) {
    std::size_t best = Count == 1 && outputs[0] > limit ? 1 : 0;
    bool undefined = false;
    for (std::size_t i = 0; i < Count; ++i) {
        undefined = undefined || math::is_nan(outputs[i]);
        if (Count != 1 && outputs[best] < outputs[i]) {
            best = i;
        }
    }
    return undefined ? no_class : best;
}

/// Whether these are many images in a row that become the network's numbers when they are read
/// (train/stored_image.hpp).
template <typename X, typename Net>
concept StoredImages = requires(const X& images) {
    typename X::value_type::Decoder;
    requires std::same_as<typename X::value_type::shape, typename Net::input_shape>;
    std::span<const typename X::value_type>(images);
};

/// The arguments of predict behind the network: those of net(x), or many images and the number of threads.
template <typename Net, typename X, typename... More>
inline constexpr bool is_prediction = is_forward<typename Net::input_tensor, typename Net::workspace, X, More...> ||
                                      ((std::is_convertible_v<X, std::span<const typename Net::input_tensor>> ||
                                        StoredImages<std::remove_cvref_t<X>, Net>) &&
                                       sizeof...(More) <= 1 && (... && std::is_convertible_v<More, std::size_t>));
template <typename Net, typename... Arguments>
concept PredictArguments = sizeof...(Arguments) != 0 && is_prediction<Net, Arguments...>;

}  // namespace CTCNN_DETAIL::model

namespace CTCNN_API {

/// The index of the largest output: for a classifier, the label. Ties go to the first; a single output says 1 if it is
/// above 0, or above 1/2 where the network ends with Sigmoid or Hardsigmoid, else 0; no_class if an output is NaN.
/// The shape is (classes).
template <detail_::model::Infers Net, detail_::model::WorkspaceOf<typename Net::workspace> B>
constexpr std::size_t predict(const Net& net, const typename Net::input_tensor& image, B& buffers) {
    using namespace detail_::model;
    return class_of<Net::output_shape::size>(outputs_of(net, image, buffers), threshold<Net>);
}
template <detail_::model::Infers Net>
constexpr std::size_t predict(const Net& net, const typename Net::input_tensor& image) {
    typename Net::workspace buffers;
    return predict(net, image, buffers);
}
/// Other arguments are refused with one sentence. The predict of many images is in train/evaluate.hpp.
template <detail_::model::Infers Net, typename... Arguments>
    requires(!detail_::model::PredictArguments<Net, Arguments...>)
constexpr std::size_t predict(const Net&, Arguments&&...) {
    static_assert(detail_::model::never<Arguments...>,
                  "predict takes one image, a Net::input_tensor, and a Workspace<Net> of the caller's, if there is "
                  "one; or many images in a row, such as std::vector<Net::input_tensor> or the images() of a data set, "
                  "and a number of threads");
    return no_class;
}
template <RefusedNetwork Net, typename Image, typename... Workspace>
    requires requires { typename Image::shape; }
constexpr std::size_t predict(const Net&, const Image&, const Workspace&...) {
    return 0;
}
template <RefusedNetwork Net>
constexpr std::size_t predict(const Net&, const typename Net::input_tensor&) {
    return 0;
}

}  // namespace CTCNN_API

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/diagnosis.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/refusal.hpp>
#include <ctcnn/model/block.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_DETAIL::model {

/// The error of a network, and what takes its place. The shape of Input is known unless it is at fault.
template <typename S, typename... Layers>
struct RefusedOn {
    using refusal = typename graph::Flow<S, Layers...>::refusal;
    using error = graph::Error<S, refusal>;
    static constexpr bool known = S::rank != 0 && S::size != 0 && S::size <= most_numbers / 2;
    using type = InsteadOfNetwork<error, std::conditional_t<known, S, void>>;
};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

/// Sequential: layers one after the other.
/// Sequential<Input<1, 28, 28>, Layers...> is a closed network: a value with parameters, which computes and learns.
/// Sequential<Layers...> without Input is a block: a layer, to be used inside another Sequential.
/// Refuses  every reason of every layer · empty_network · missing_input · misplaced_input · zero_input · not_a_layer
/// As in    torch.nn.Sequential
template <typename... Layers>
class CTCNN_TAG Sequential
    : public detail_::model::InsteadOfNetwork<
          refused<sizeof...(Layers) == 0 ? Reason::empty_network : Reason::missing_input, Sequential<Layers...>>> {
public:
    using block_layers = detail_::List<Layers...>;
    template <typename S>
    using flow_from = detail_::graph::Flow<S, Layers...>;

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return flow_from<Shape<Dims...>>::refusal::mismatch;
    }

    template <typename S>
    struct At : detail_::model::BoundBlock<Sequential, S, typename flow_from<S>::layers> {};
};

/// WellFormed: whether the layers work one after the other; asks softly. WellFormed<Input<400>, Linear<400, 10>> is
/// true.
template <typename InputLayer, typename... Layers>
concept WellFormed =
    is_input<InputLayer> && !detail_::graph::Flow<typename InputLayer::shape, Layers...>::refusal::mismatch;

template <std::size_t... Dims, typename... Layers>
class Sequential<Input<Dims...>, Layers...> : public detail_::model::Network<float, Input<Dims...>, Layers...> {
public:
    /// Copies parameters and buffers of the same network with another precision.
    template <typename Net>
        requires detail_::model::SameState<Sequential, Net>
    constexpr Sequential& operator=(const Net& net) {
        static_cast<typename Sequential::state_type&>(*this) = net;
        return *this;
    }
};
/// The same as with_precision<bf16>.
template <typename InputLayer, typename... Layers>
class Sequential<detail_::InBf16<InputLayer>, Layers...>
    : public detail_::model::Network<float, detail_::InBf16<InputLayer>, Layers...> {
public:
    template <typename Net>
        requires detail_::model::SameState<Sequential, Net>
    constexpr Sequential& operator=(const Net& net) {
        static_cast<typename Sequential::state_type&>(*this) = net;
        return *this;
    }
};

/// A wrong network. Its error is asked for here, and not further down, so that the compiler's message is short.
template <std::size_t... Dims, typename... Layers>
    requires(!WellFormed<Input<Dims...>, Layers...>)
class Sequential<Input<Dims...>, Layers...> : public detail_::model::RefusedOn<Shape<Dims...>, Layers...>::type {
    using error =
        std::bool_constant<requires { sizeof(typename detail_::model::RefusedOn<Shape<Dims...>, Layers...>::error); }>;
};

}  // namespace ctcnn

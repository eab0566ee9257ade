// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/model/state_names.hpp>

// g++ from 14 on takes the numbers that a view shows for parts of the view, and would warn of references to them.
#if __has_cpp_attribute(gnu::no_dangling)
#define CTCNN_VIEW [[gnu::no_dangling]]
#else
#define CTCNN_VIEW
#endif

namespace CTCNN_DETAIL::model {

// The views that layer<I>() returns: they point into the flat arrays of parameters and buffers.

/// Where the parameters and the buffers of some layers begin.
template <typename T>
struct StatePointers {
    T* parameters;
    T* buffers;
};

template <typename T, typename Bound, bool HasWeight = (Bound::weight_shape::size != 0),
          bool HasBias = (Bound::bias_shape::size != 0)>
struct CTCNN_VIEW LayerView {
    constexpr explicit LayerView(StatePointers<T>) {}
};

template <typename T, typename Bound>
struct CTCNN_VIEW LayerView<T, Bound, true, true> {
    TensorView<T, typename Bound::weight_shape> weight;
    TensorView<T, typename Bound::bias_shape> bias;

    constexpr explicit LayerView(StatePointers<T> state)
        : weight(state.parameters), bias(state.parameters + Bound::weight_shape::size) {}
};

template <typename T, typename Bound>
struct CTCNN_VIEW LayerView<T, Bound, true, false> {
    TensorView<T, typename Bound::weight_shape> weight;

    constexpr explicit LayerView(StatePointers<T> state) : weight(state.parameters) {}
};

/// The view of a layer with running statistics.
template <typename T, typename Bound>
struct CTCNN_VIEW NormView : LayerView<T, Bound> {
    TensorView<T, typename Bound::statistics_shape> running_mean;
    TensorView<T, typename Bound::statistics_shape> running_var;

    constexpr explicit NormView(StatePointers<T> state)
        : LayerView<T, Bound>(state),
          running_mean(state.buffers),
          running_var(state.buffers + Bound::statistics_shape::size) {}
};

/// The view of a block or of branches: their layers are reached by layer<I>() or layer<"name">() again.
template <typename T, typename Bound>
class CTCNN_VIEW BlockView {
public:
    constexpr explicit BlockView(StatePointers<T> state) : state_(state) {}

    template <std::size_t Index>
    constexpr auto layer() const;
    template <Name Which>
    constexpr auto layer() const;

private:
    StatePointers<T> state_;
};

/// I if there is such a layer. If not, that is an error, and the only one: what follows gets the first layer.
template <std::size_t Index, typename... Bound>
consteval std::size_t existing_layer() {
    static_assert(Index < sizeof...(Bound), "layer<I>() or shape_after<I>: there is no layer I; layers count from 0");
    return Index < sizeof...(Bound) ? Index : 0;
}
/// The place of the layer with a name.
template <Name Which, typename... Bound>
consteval std::size_t named_layer() {
    constexpr std::size_t place = [] {
        constexpr std::array<std::string_view, sizeof...(Bound)> names{graph::child_name<Bound>()...};
        std::size_t n = 0;
        while (n < names.size() && names[n] != Which.view()) {
            ++n;
        }
        return n;
    }();
    static_assert(place < sizeof...(Bound),
                  "layer<\"name\">(): there is no layer of this name; Named<\"stem\", Layer> gives one");
    return place < sizeof...(Bound) ? place : 0;
}

/// The view of one layer of a list, whose state begins at `state`.
template <std::size_t Index, typename T, typename... Bound>
constexpr auto view_of(List<Bound...>, StatePointers<T> state) {
    constexpr std::size_t place = existing_layer<Index, Bound...>();
    constexpr auto offsets =
        graph::running_sums(std::array<std::size_t, sizeof...(Bound)>{graph::parameter_count<Bound>()...});
    using Chosen = At<place, List<Bound...>>;
    state.parameters += offsets[place];
    if constexpr ((... || requires { Bound::buffer_count; })) {
        constexpr auto buffers =
            graph::running_sums(std::array<std::size_t, sizeof...(Bound)>{graph::buffer_count<Bound>()...});
        state.buffers += buffers[place];
    }
    if constexpr (Chosen::kind == LayerKind::block || Chosen::kind == LayerKind::branches) {
        return BlockView<T, Chosen>(state);
    } else if constexpr (requires { typename Chosen::statistics_shape; }) {
        return NormView<T, Chosen>(state);
    } else {
        return LayerView<T, Chosen>(state);
    }
}
template <Name Which, typename T, typename... Bound>
constexpr auto view_of(List<Bound...> layers, StatePointers<T> state) {
    return model::view_of<named_layer<Which, Bound...>()>(layers, state);
}

template <typename T, typename Bound>
template <std::size_t Index>
constexpr auto BlockView<T, Bound>::layer() const {
    return view_of<Index>(typename Bound::layers{}, state_);
}
template <typename T, typename Bound>
template <Name Which>
constexpr auto BlockView<T, Bound>::layer() const {
    return view_of<Which>(typename Bound::layers{}, state_);
}

/// The parameters themselves: one contiguous aligned array.
template <typename T, std::size_t Count>
struct alignas(alignment) ParameterValues {
    std::array<T, Count> values{};
};

/// ParameterArray: one number for each parameter of a network, in the order of PyTorch's state_dict, and behind them
/// the buffers: a plain value. The network itself is one, and so are its gradients, without buffers. Up to
/// most_inside_network bytes lie inside the object, which is then trivially copyable.
template <typename T, std::size_t Count, typename Layers, std::size_t Buffers = 0>
class ParameterArray {
public:
    using scalar = T;
    using values_type = ParameterValues<T, Count + Buffers>;

    constexpr ParameterArray() = default;
    /// The parameters Source::value(), which are known to the compiler.
    template <typename Source>
    consteval explicit ParameterArray(std::type_identity<Source>) : held_(Hold::template constant<Source>()) {}

    /// What is learned.
    constexpr std::span<T, Count> parameters() & { return std::span<T, Count>(values().data(), Count); }
    constexpr std::span<const T, Count> parameters() const& {
        return std::span<const T, Count>(values().data(), Count);
    }
    /// What is not learned, such as the running statistics of BatchNorm2d.
    constexpr std::span<T, Buffers> buffers() & { return std::span<T, Buffers>(values().data() + Count, Buffers); }
    constexpr std::span<const T, Buffers> buffers() const& {
        return std::span<const T, Buffers>(values().data() + Count, Buffers);
    }

    /// The weight and bias of one layer, as typed views; layers count as in torch.nn.Sequential, and one that is Named
    /// has a name.
    template <std::size_t Index>
    constexpr auto layer() & {
        return view_of<Index>(Layers{}, state());
    }
    template <std::size_t Index>
    constexpr auto layer() const& {
        return view_of<Index>(Layers{}, state());
    }
    template <Name Which>
    constexpr auto layer() & {
        return view_of<Which>(Layers{}, state());
    }
    template <Name Which>
    constexpr auto layer() const& {
        return view_of<Which>(Layers{}, state());
    }

    // A temporary network is gone before its parameters are read: keep it in a variable.
    std::span<const T, Count> parameters() const&& = delete;
    std::span<const T, Buffers> buffers() const&& = delete;
    template <std::size_t Index>
    decltype(view_of<Index>(Layers{}, StatePointers<const T>{})) layer() const&& = delete;
    template <Name Which>
    decltype(view_of<Which>(Layers{}, StatePointers<const T>{})) layer() const&& = delete;

private:
    using Hold = Held<values_type, most_inside_network, OnHeapOrConstant>;

    constexpr auto& values() { return held_.get().values; }
    constexpr const auto& values() const { return held_.get().values; }
    constexpr StatePointers<T> state() { return {values().data(), values().data() + Count}; }
    constexpr StatePointers<const T> state() const { return {values().data(), values().data() + Count}; }

    Hold held_{};
};

}  // namespace CTCNN_DETAIL::model

#undef CTCNN_VIEW

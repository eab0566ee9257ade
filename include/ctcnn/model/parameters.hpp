// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/storage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/list.hpp>
#include <ctcnn/model/plan.hpp>

// g++ from 14 on takes the numbers that a view shows for parts of the view, and would warn of references to them.
#if __has_cpp_attribute(gnu::no_dangling)
#define CTCNN_VIEW [[gnu::no_dangling]]
#else
#define CTCNN_VIEW
#endif

namespace CTCNN_DETAIL::model {

// The views that layer<I>() returns: they point into the flat array of parameters.

template <typename T, typename Bound, bool HasWeight = (Bound::weight_shape::size != 0),
          bool HasBias = (Bound::bias_shape::size != 0)>
struct CTCNN_VIEW LayerView {
    constexpr explicit LayerView(T*) {}
};

template <typename T, typename Bound>
struct CTCNN_VIEW LayerView<T, Bound, true, true> {
    TensorView<T, typename Bound::weight_shape> weight;
    TensorView<T, typename Bound::bias_shape> bias;

    constexpr explicit LayerView(T* parameters) : weight(parameters), bias(parameters + Bound::weight_shape::size) {}
};

template <typename T, typename Bound>
struct CTCNN_VIEW LayerView<T, Bound, true, false> {
    TensorView<T, typename Bound::weight_shape> weight;

    constexpr explicit LayerView(T* parameters) : weight(parameters) {}
};

/// The view of a block: its layers are reached by layer<I>() again.
template <typename T, typename Bound>
class CTCNN_VIEW BlockView {
public:
    constexpr explicit BlockView(T* parameters) : parameters_(parameters) {}

    template <std::size_t Index>
    constexpr auto layer() const;

private:
    T* parameters_;
};

/// I if there is such a layer. If not, that is an error, and the only one: what follows gets the first layer.
template <std::size_t Index, typename... Bound>
consteval std::size_t existing_layer() {
    static_assert(Index < sizeof...(Bound), "layer<I>() or shape_after<I>: there is no layer I; layers count from 0");
    return Index < sizeof...(Bound) ? Index : 0;
}

/// The view of one layer of a list, whose parameters begin at `parameters`.
template <std::size_t Index, typename T, typename... Bound>
constexpr auto view_of(List<Bound...>, T* parameters) {
    constexpr std::size_t place = existing_layer<Index, Bound...>();
    constexpr auto offsets = running_sums(std::array<std::size_t, sizeof...(Bound)>{parameter_count<Bound>()...});
    using Chosen = At<place, List<Bound...>>;
    if constexpr (Chosen::kind == LayerKind::block) {
        return BlockView<T, Chosen>(parameters + offsets[place]);
    } else {
        return LayerView<T, Chosen>(parameters + offsets[place]);
    }
}

template <typename T, typename Bound>
template <std::size_t Index>
constexpr auto BlockView<T, Bound>::layer() const {
    return view_of<Index>(typename Bound::layers{}, parameters_);
}

/// The parameters themselves: one contiguous aligned array.
template <typename T, std::size_t Count>
struct alignas(alignment) ParameterValues {
    std::array<T, Count> values{};
};

/// ParameterArray: one number for each parameter of a network, in the order of PyTorch's state_dict: a plain value. The
/// network itself is one, and so are its gradients. Up to most_inside_network bytes lie inside the object, which is
/// then trivially copyable.
template <typename T, std::size_t Count, typename Layers>
class ParameterArray {
public:
    using scalar = T;
    using values_type = ParameterValues<T, Count>;

    constexpr ParameterArray() = default;
    /// The parameters Source::value(), which are known to the compiler.
    template <typename Source>
    consteval explicit ParameterArray(std::type_identity<Source>) : held_(Hold::template constant<Source>()) {}

    constexpr std::span<T, Count> parameters() & { return values(); }
    constexpr std::span<const T, Count> parameters() const& { return values(); }

    /// The weight and bias of one layer, as typed views; layers count as in torch.nn.Sequential.
    template <std::size_t Index>
    constexpr auto layer() & {
        return view_of<Index>(Layers{}, values().data());
    }
    template <std::size_t Index>
    constexpr auto layer() const& {
        return view_of<Index>(Layers{}, values().data());
    }

    // A temporary network is gone before its parameters are read: keep it in a variable.
    std::span<const T, Count> parameters() const&& = delete;
    template <std::size_t Index>
    decltype(view_of<Index>(Layers{}, static_cast<const T*>(nullptr))) layer() const&& = delete;

private:
    using Hold = Held<values_type, most_inside_network, OnHeapOrConstant>;

    constexpr std::array<T, Count>& values() { return held_.get().values; }
    constexpr const std::array<T, Count>& values() const { return held_.get().values; }

    Hold held_{};
};

}  // namespace CTCNN_DETAIL::model

#undef CTCNN_VIEW

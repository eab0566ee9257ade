// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/words.hpp>

namespace CTCNN_DETAIL::graph {

// The flow of shapes through a sequence of layers. Asking never fails: a sequence that does not work yields a Refusal.

/// Block: a sequence of layers without Input is itself a layer.
template <typename L>
concept Block = requires { typename L::block_layers; };

/// Nested: a layer that consists of layers, such as a block (a Sequential without Input) or branches. flow_from<S> is
/// how a shape flows through it, and the layers that its At carries are bound to their shapes.
template <typename L>
concept Nested = requires { typename L::template flow_from<Shape<1>>; };

/// FlowState: what has been found up to layer Index: the shape that arrives there, the first refusal, and the layers so
/// far, each bound to its shape.
template <std::size_t Index, typename S, typename R, typename... Bound>
struct FlowState {
    using output_shape = S;
    using refusal = R;
    using layers = List<Bound...>;
};

/// The name that a layer has in the block around it; none, if that is its index.
template <typename Bound>
consteval std::string_view child_name() {
    if constexpr (requires { Bound::child_name; }) {
        return Bound::child_name;
    } else {
        return {};
    }
}

/// The number of parameters of a layer that is bound to its shape; for a block, of all layers inside it.
template <typename Bound>
consteval std::size_t parameter_count() {
    if constexpr (Bound::kind == LayerKind::block || Bound::kind == LayerKind::branches) {
        return Bound::parameter_count;
    } else {
        return Bound::weight_shape::size + Bound::bias_shape::size;
    }
}

/// The same of what is not learned, such as running statistics.
template <typename Bound>
consteval std::size_t buffer_count() {
    if constexpr (requires { Bound::buffer_count; }) {
        return Bound::buffer_count;
    } else {
        return 0;
    }
}

/// The same of several layers.
template <typename... Bound>
consteval std::size_t buffer_count_of_all() {
    if constexpr ((... || requires { Bound::buffer_count; })) {
        return (std::size_t{0} + ... + graph::buffer_count<Bound>());
    } else {
        return 0;
    }
}

/// A refusal inside a block, as the sequence around the block says it; L is the block. What branches say of themselves
/// has no place in them.
template <std::size_t Index, typename L, typename R>
struct Outward;
template <std::size_t Index, typename L, Reason R, typename Place, typename... Words>
struct Outward<Index, L, Refusal<R, Place, Words...>> {
    using type = Refusal<R, in_block<Index, Place>, Words...>;
};
template <std::size_t Index, typename L, Reason R, typename... Words>
struct Outward<Index, L, Refusal<R, the_branches, Words...>> {
    using type = Refusal<R, at_layer<Index, L>, Words...>;
};

/// Whether a layer inside L refuses. If not, and L still does, it refuses its name.
template <typename L, typename S>
consteval bool refuses_inside() {
    if constexpr (Nested<L>) {
        return bool(L::template flow_from<S>::refusal::mismatch);
    } else {
        return false;
    }
}

/// The refusal of one layer, or Accepted. A block hands on what the layer inside it says.
template <std::size_t Index, typename L, typename S>
consteval auto ask() {
    if constexpr (is_input<L>) {
        return Refusal<Reason::misplaced_input, at_layer<Index, L>, received<S>>{};
    } else if constexpr (!Layer<L>) {
        return Refusal<Reason::not_a_layer, at_layer<Index, L>, received<S>>{};
    } else {
        constexpr Mismatch mismatch = mismatch_of<L, S>();
        if constexpr (!mismatch) {
            return Accepted{};
        } else if constexpr (refuses_inside<L, S>()) {
            return typename Outward<Index, L, typename L::template flow_from<S>::refusal>::type{};
        } else if constexpr (!mismatch.words.empty()) {
            return Refusal<mismatch.reason, at_layer<Index, L>, received<S>, decltype(says_of<L, S>())>{};
        } else if constexpr (mismatch.wanted != 0) {
            return Refusal<mismatch.reason, at_layer<Index, L>, received<S>, wanted<mismatch.wanted>>{};
        } else {
            return Refusal<mismatch.reason, at_layer<Index, L>, received<S>>{};
        }
    }
}

template <std::size_t Index, typename S, typename R, typename... Bound, typename L>
consteval auto operator>>(FlowState<Index, S, R, Bound...> state, std::type_identity<L>) {
    if constexpr (!std::is_same_v<R, Accepted>) {
        return state;  // nothing behind the refused layer is looked at
    } else {
        using Answer = decltype(ask<Index, L, S>());
        if constexpr (std::is_same_v<Answer, Accepted>) {
            using Bind = typename L::template At<S>;
            return FlowState<Index + 1, typename Bind::output_shape, Accepted, Bound..., Bind>{};
        } else {
            return FlowState<Index, S, Answer, Bound...>{};
        }
    }
}

/// Where a whole sequence is refused before any layer is asked.
template <typename S, typename... Ls>
consteval auto start() {
    if constexpr (sizeof...(Ls) == 0) {
        return FlowState<0, S, Refusal<Reason::empty_network, the_sequence, received<S>>>{};
    } else if constexpr (S::rank == 0 || S::size == 0) {
        return FlowState<0, S, Refusal<Reason::zero_input, the_sequence, received<S>>>{};
    } else if constexpr (S::largest_dim() > largest_number || S::size > most_numbers / 2) {
        return FlowState<0, S, Refusal<Reason::number_too_large, the_sequence, received<S>>>{};
    } else {
        return FlowState<0, S, Accepted>{};
    }
}

/// Whether two layers of a block have the same name.
template <typename... Bound>
consteval bool has_repeated_name() {
    constexpr std::array<std::string_view, sizeof...(Bound)> names{child_name<Bound>()...};
    for (std::size_t n = 0; n < names.size(); ++n) {
        for (std::size_t other = 0; other < n; ++other) {
            if (!names[n].empty() && names[n] == names[other]) {
                return true;
            }
        }
    }
    return false;
}

/// Why layers cannot stand in one block, each of which can alone: together they cannot be counted or kept in memory, or
/// two have the same name.
template <typename... Bound>
consteval Reason reason_together(List<Bound...>) {
    if (saturating_sum<std::size_t>({graph::parameter_count<Bound>()...}) > most_numbers ||
        saturating_sum<std::uint64_t>({Bound::multiply_adds...}) == uncountable<std::uint64_t>) {
        return Reason::number_too_large;
    }
    if constexpr ((... || requires { Bound::child_name; })) {
        return graph::has_repeated_name<Bound...>() ? Reason::bad_name : Reason::none;
    } else {
        return Reason::none;
    }
}

/// The end of a sequence, where all layers are known.
template <typename S, typename State>
struct Sum {
    using type = State;
};
template <typename S, std::size_t Count, typename Output, typename... Bound>
struct Sum<S, FlowState<Count, Output, Accepted, Bound...>> {
    static constexpr Reason reason = reason_together(List<Bound...>{});
    using Refused = Refusal<reason, the_sequence, received<S>>;
    using type = FlowState<Count, Output, std::conditional_t<reason != Reason::none, Refused, Accepted>, Bound...>;
};

template <typename S, typename... Ls>
struct FlowOf {
    using type = typename Sum<S, decltype((start<S, Ls...>() >> ... >> std::type_identity<Ls>{}))>::type;
};

/// Flow: the shapes of a sequence of layers: Flow<Shape<400>, Linear<400, 120>>::output_shape is Shape<120>.
template <typename S, typename... Ls>
using Flow = typename FlowOf<S, Ls...>::type;

}  // namespace CTCNN_DETAIL::graph

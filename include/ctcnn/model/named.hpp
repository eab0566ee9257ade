// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/text.hpp>
#include <ctcnn/model/sequential.hpp>

namespace CTCNN_DETAIL::model {

/// Whether a layer may have the name: it takes the place of an index, and dots separate names.
consteval bool is_layer_name(std::string_view name) {
    bool is_number = true;
    for (const char character : name) {
        if (character == '.') {
            return false;
        }
        is_number = is_number && character >= '0' && character <= '9';
    }
    return !is_number;
}

/// What a named layer inherits: the layer itself or, of a final class, what a network asks of it.
template <typename L, bool Final = std::is_final_v<L>>
struct NamedBase : L {};
template <typename L>
struct NamedBase<L, true> {
    static constexpr void describe(Description& text) { L::describe(text); }
};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

/// Named: a layer with a name in place of its index: Named<"stem", Conv2d<1, 8, Kernel<3>>> has the tensors
/// "stem.weight" and "stem.bias", and is reached by net.layer<"stem">().
/// Refuses  what the layer refuses · bad_name
/// As in    the names of an OrderedDict in torch.nn.Sequential
template <detail_::Name Text, typename L>
struct Named : detail_::model::NamedBase<L> {
    static constexpr std::string_view child_name = Text.view();

    template <std::size_t... Dims>
    static consteval Mismatch(check)(Shape<Dims...>) {
        return answer<Shape<Dims...>>();
    }
    /// The same, as a layer of a program's own is asked.
    template <typename S>
    static consteval Mismatch answer() {
        if (!detail_::model::is_layer_name(Text.view())) {
            return {Reason::bad_name};
        }
        if constexpr (requires { typename L::custom_layer; }) {
            return L::template answer<S>();
        } else {
            return (L::check)(S{});
        }
    }

    template <typename S>
    struct At : L::template At<S> {
        static constexpr std::string_view child_name = Named::child_name;
    };
};

}  // namespace ctcnn

namespace CTCNN_DETAIL::model {

template <std::size_t N, typename Layers, typename... Repeated>
struct RepeatOf;
template <std::size_t N, typename... Layers, typename... Repeated>
struct RepeatOf<N, List<Layers...>, Repeated...> : RepeatOf<N - 1, List<Layers...>, Repeated..., Layers...> {};
template <typename... Layers, typename... Repeated>
struct RepeatOf<0, List<Layers...>, Repeated...> {
    using type = Sequential<Repeated...>;
};

}  // namespace CTCNN_DETAIL::model

namespace ctcnn {

/// Repeat: a block of the same layers N times one after the other: Repeat<2, Conv2d<8, 8, Kernel<3>>, ReLU> is
/// Sequential<Conv2d<8, 8, Kernel<3>>, ReLU, Conv2d<8, 8, Kernel<3>>, ReLU>.
template <std::size_t N, typename... Layers>
using Repeat = typename detail_::model::RepeatOf<N, detail_::List<Layers...>>::type;

}  // namespace ctcnn

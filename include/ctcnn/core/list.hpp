// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// List: types in order, without any value.
template <typename... Ts>
struct List {
    static constexpr std::size_t size = sizeof...(Ts);
};

/// Lists are joined with +.
template <typename... Left, typename... Right>
constexpr List<Left..., Right...> operator+(List<Left...>, List<Right...>) {
    return {};
}

namespace detail {
template <std::size_t Place, typename T>
struct Numbered {};
template <typename Indices, typename... Ts>
struct NumberedAll;
template <std::size_t... Place, typename... Ts>
struct NumberedAll<std::index_sequence<Place...>, Ts...> : Numbered<Place, Ts>... {};
template <std::size_t Place, typename T>
std::type_identity<T> find(Numbered<Place, T>);
template <std::size_t Place, typename L>
struct TypeAt;
template <std::size_t Place, typename... Ts>
struct TypeAt<Place, List<Ts...>>
    : decltype(detail::find<Place>(NumberedAll<std::index_sequence_for<Ts...>, Ts...>{})) {};
}  // namespace detail

/// The type at a place: At<1, List<char, int>> is int.
template <std::size_t Place, typename L>
using At = typename detail::TypeAt<Place, L>::type;

}  // namespace CTCNN_DETAIL

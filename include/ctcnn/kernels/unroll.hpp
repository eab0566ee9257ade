// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// The size of a piece, as a type.
template <std::size_t Size>
using Index = std::integral_constant<std::size_t, Size>;

/// 0, ..., N - 1 as a type, for a fold over them: written out as by `unroll`, without a function to be inlined for each.
template <std::size_t N>
inline constexpr std::make_index_sequence<N> indices{};

/// Calls f(0), ..., f(N - 1), written out: where f is inlined the indices are constants, so an array that is used with
/// them alone lives in registers; a loop that the compiler unrolls later would leave it in memory. (f takes a number
/// and not a type for each: one function to compile instead of N.)
template <std::size_t N, std::size_t First = 0, typename F>
[[gnu::always_inline]] constexpr void unroll(F&& f) {
    if constexpr (N > 0) f(First);
    if constexpr (N > 1) f(First + 1);
    if constexpr (N > 2) f(First + 2);
    if constexpr (N > 3) f(First + 3);
    if constexpr (N > 4) f(First + 4);
    if constexpr (N > 5) f(First + 5);
    if constexpr (N > 6) f(First + 6);
    if constexpr (N > 7) f(First + 7);
    if constexpr (N > 8) unroll<N - 8, First + 8>(f);
}

/// Cuts 0, ..., Count - 1 into pieces of Size and one smaller piece: calls f(begin, Index<size of the piece>{}).
template <std::size_t Count, std::size_t Size, typename F>
[[gnu::always_inline]] constexpr void for_each_piece(F&& f) {
    constexpr std::size_t whole = Count / Size * Size;
    for (std::size_t begin = 0; begin < whole; begin += Size) {
        f(begin, Index<Size>{});
    }
    if constexpr (whole < Count) {
        f(whole, Index<Count - whole>{});
    }
}

}  // namespace CTCNN_DETAIL::kernels

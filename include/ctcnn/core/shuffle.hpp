// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>

// What mixes the lanes of numbers, as the arithmetic of lanes.hpp never does: turning blocks of numbers round, and adding up
// the lanes of a number.
namespace ctcnn {

namespace detail {
/// Concatenates the lower (or upper) halves of each pair of blocks of Width lanes.
template <std::size_t Width, bool Upper, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] inline Lanes<T, N> interleave(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    constexpr auto source = [](std::size_t lane) {
        const std::size_t pair = lane / (2 * Width) * (2 * Width);
        const bool second = lane % (2 * Width) >= Width;
        return static_cast<int>((second ? N : 0) + pair + (Upper ? Width : 0) + lane % Width);
    };
    return {__builtin_shufflevector(a.vector, b.vector, source(Lane)...)};
}
template <std::size_t Width, typename T, std::size_t N>
[[gnu::always_inline]] inline void transpose_blocks(std::array<Lanes<T, N>, N>& rows) {
    if constexpr (Width > 0) {
#pragma GCC unroll 16
        for (std::size_t row = 0; row < N; ++row) {
            if ((row & Width) == 0) {
                const Lanes<T, N> a = rows[row];
                const Lanes<T, N> b = rows[row + Width];
                rows[row] = interleave<Width, false>(a, b, std::make_index_sequence<N>{});
                rows[row + Width] = interleave<Width, true>(a, b, std::make_index_sequence<N>{});
            }
        }
        transpose_blocks<Width / 2>(rows);
    }
}
}  // namespace detail

/// Transposes N numbers of N lanes: lane j of row i becomes lane i of row j.
template <typename T, std::size_t N>
[[gnu::always_inline]] inline void transpose(std::array<Lanes<T, N>, N>& rows) {
    detail::transpose_blocks<N / 2>(rows);
}

namespace detail {
template <bool Odd, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] inline Lanes<T, N> every_other_lane(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    return {__builtin_shufflevector(a.vector, b.vector, static_cast<int>(2 * Lane + Odd)...)};
}
}  // namespace detail

/// Turns 2 * N numbers side by side into the even ones and the odd ones.
template <typename T, std::size_t N>
[[gnu::always_inline]] inline void deinterleave(Lanes<T, N>& first, Lanes<T, N>& second) {
    const Lanes<T, N> a = first;
    const Lanes<T, N> b = second;
    first = detail::every_other_lane<false>(a, b, std::make_index_sequence<N>{});
    second = detail::every_other_lane<true>(a, b, std::make_index_sequence<N>{});
}

namespace detail {
/// Numbers of a and b whose place within blocks of 2 * Width has (or has not) the bit Width, a's before b's in each block.
template <std::size_t Width, bool Upper, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] inline Lanes<T, N> half_lanes(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    // Block k of the result, Width lanes, is a half of block k of the 2 * N lanes that a and b make up.
    constexpr auto source = [](std::size_t lane) {
        return static_cast<int>(lane / Width * (2 * Width) + (Upper ? Width : 0) + lane % Width);
    };
    return {__builtin_shufflevector(a.vector, b.vector, source(Lane)...)};
}
}  // namespace detail

/// The sums of all lanes of Count <= N numbers: lane n of the result is sum_lanes(numbers[n]), bit by bit; the other lanes
/// are zero.
template <std::size_t Count, typename T, std::size_t N>
[[gnu::always_inline]] inline Lanes<T, N> sums_of_lanes(const Lanes<T, N>* numbers) {
    static_assert(Count <= N);
    std::array<Lanes<T, N>, N / 2> sums;
    const auto add_halves = [&]<std::size_t Width>(std::integral_constant<std::size_t, Width>, const Lanes<T, N>* from,
                                                   std::size_t present,
                                                   const auto& self) __attribute__((always_inline)) {
#pragma GCC unroll 16
        for (std::size_t n = 0; n < Width; ++n) {
            const Lanes<T, N> a = 2 * n < present ? from[2 * n] : Lanes<T, N>{};
            const Lanes<T, N> b = 2 * n + 1 < present ? from[2 * n + 1] : Lanes<T, N>{};
            sums[n] = detail::half_lanes<Width, false>(a, b, std::make_index_sequence<N>{}) +
                      detail::half_lanes<Width, true>(a, b, std::make_index_sequence<N>{});
        }
        if constexpr (Width > 1) {
            self(std::integral_constant<std::size_t, Width / 2>{}, sums.data(), Width, self);
        }
    };
    add_halves(std::integral_constant<std::size_t, N / 2>{}, numbers, Count, add_halves);
    return sums[0];
}

/// The sum of all lanes, always in the same order: halves are added until one lane is left.
template <Number V>
constexpr scalar_t<V> sum_lanes(const V& value) {
    if constexpr (is_lanes<V>) {
        std::array<scalar_t<V>, lane_count<V>> lanes;
        value.store(lanes.data());
        for (std::size_t half = lane_count<V> / 2; half > 0; half /= 2) {
            for (std::size_t lane = 0; lane < half; ++lane) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    } else {
        return value;
    }
}

namespace detail {
/// The sums over all lanes of Count <= N numbers that lie in memory, N the lanes of half a number: two halves are read and
/// added, which takes no shuffle.
template <std::size_t Count, typename V>
[[gnu::always_inline]] inline auto sums_of_halves(const V* numbers) {
    using T = scalar_t<V>;
    using Half = Lanes<T, V::count / 2>;
    std::array<Half, Count> halves;
#pragma GCC unroll 16
    for (std::size_t n = 0; n < Count; ++n) {
        const auto* number = reinterpret_cast<const std::byte*>(numbers + n);
        Half a;
        Half b;
        __builtin_memcpy(&a, number, sizeof(Half));
        __builtin_memcpy(&b, number + sizeof(Half), sizeof(Half));
        halves[n] = a + b;
    }
    return sums_of_lanes<Count>(halves.data());
}
}  // namespace detail

/// sum_lanes of Count numbers: of as many at a time as half a number has lanes.
template <std::size_t Count, Number V>
[[gnu::always_inline]] constexpr void store_sums_of_lanes(const V* numbers, scalar_t<V>* sums) {
    if constexpr (lane_count<V> > 2) {
        constexpr std::size_t block = lane_count<V> / 2;
        constexpr std::size_t whole = Count / block * block;
        for (std::size_t i = 0; i < whole; i += block) {
            detail::sums_of_halves<block>(numbers + i).store(sums + i);
        }
        if constexpr (whole < Count) {
            const auto rest = detail::sums_of_halves<Count - whole>(numbers + whole);
            __builtin_memcpy(sums + whole, &rest.vector, (Count - whole) * sizeof(scalar_t<V>));
        }
    } else {
        for (std::size_t i = 0; i < Count; ++i) {
            sums[i] = sum_lanes(numbers[i]);
        }
    }
}

}  // namespace ctcnn

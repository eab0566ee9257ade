// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

// What mixes the lanes of numbers, as the arithmetic of lanes.hpp never does: turning blocks of numbers round, and
// adding up the lanes of a number.
namespace CTCNN_DETAIL {

/// Lane n of the result is lane from[n] of the 2 * N lanes of a and b, in constant expressions.
template <typename T, std::size_t N>
constexpr Lanes<T, N> pick_lanes(Lanes<T, N> a, Lanes<T, N> b, const int (&from)[N]) {
    const auto first = a.array();
    const auto second = b.array();
    auto result = first;
    for (std::size_t lane = 0; lane < N; ++lane) {
        const auto place = static_cast<std::size_t>(from[lane]);
        result.lanes[lane] = place < N ? first.lanes[place] : second.lanes[place - N];
    }
    return Lanes<T, N>::of(result);
}

/// Concatenates the lower (or upper) halves of each pair of blocks of Width lanes.
template <std::size_t Width, bool Upper, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] constexpr Lanes<T, N> interleave(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    constexpr auto source = [](std::size_t lane) {
        const std::size_t pair = lane / (2 * Width) * (2 * Width);
        const bool second = lane % (2 * Width) >= Width;
        return static_cast<int>((second ? N : 0) + pair + (Upper ? Width : 0) + lane % Width);
    };
    if (__builtin_is_constant_evaluated()) {
        return pick_lanes(a, b, {source(Lane)...});
    }
    return {__builtin_shufflevector(a.vector, b.vector, source(Lane)...)};
}
template <std::size_t Width, typename T, std::size_t N, std::size_t Rows>
[[gnu::always_inline]] constexpr void transpose_blocks(std::array<Lanes<T, N>, Rows>& rows) {
    if constexpr (Width > 0) {
#pragma GCC unroll 16
        for (std::size_t row = 0; row < Rows; ++row) {
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

/// Transposes N numbers of N lanes: lane j of row i becomes lane i of row j.
template <typename T, std::size_t N>
[[gnu::always_inline]] constexpr void transpose(std::array<Lanes<T, N>, N>& rows) {
    transpose_blocks<N / 2>(rows);
}
/// The same in both halves of N / 2 numbers: each half has as many lanes as there are numbers.
template <typename T, std::size_t N>
[[gnu::always_inline]] constexpr void transpose_halves(std::array<Lanes<T, N>, N / 2>& rows) {
    transpose_blocks<N / 4>(rows);
}

/// Lane n of the result is lane from(n) of the 2 * N lanes of a and b.
template <typename From, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] constexpr Lanes<T, N> choose_lanes(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    if (__builtin_is_constant_evaluated()) {
        return pick_lanes(a, b, {From::from(Lane)...});
    }
    return {__builtin_shufflevector(a.vector, b.vector, From::from(Lane)...)};
}
/// Lane n takes what belongs there if it is in part number Part, and keeps what it has if not.
template <std::size_t N, std::size_t Count, std::size_t Column, std::size_t Part>
struct FromRows {
    static constexpr int from(std::size_t lane) {
        const std::size_t place = lane * Count + Column;
        return static_cast<int>(place / N == Part ? N + place % N : Part == 1 ? place % N : lane);
    }
};
template <std::size_t N, std::size_t Count, std::size_t Part, std::size_t Column>
struct FromColumns {
    static constexpr int from(std::size_t lane) {
        const std::size_t place = Part * N + lane;
        return static_cast<int>(place % Count == Column ? N + place / Count : Column == 1 ? place / Count : lane);
    }
};
/// Takes part 0 and part 1 at once, and then one part after the other.
template <std::size_t N, std::size_t Count, template <std::size_t, std::size_t, std::size_t, std::size_t> typename From,
          std::size_t Target, typename T>
[[gnu::always_inline]] inline Lanes<T, N> collect_lanes(const Lanes<T, N>* parts) {
    Lanes<T, N> result = parts[0];
    [&]<std::size_t... Part>(std::index_sequence<Part...>) __attribute__((always_inline)) {
        ((result =
              choose_lanes<From<N, Count, Target, Part + 1>>(result, parts[Part + 1], std::make_index_sequence<N>{})),
         ...);
    }(std::make_index_sequence<Count - 1>{});
    return result;
}

/// Reads N rows of Count numbers, without gaps: column k gets number k of each row.
template <std::size_t Count, typename T, std::size_t N>
[[gnu::always_inline]] inline void load_columns(const T* rows, Lanes<T, N>* columns) {
    static_assert(Count >= 2);
    std::array<Lanes<T, N>, Count> parts;
    for (std::size_t part = 0; part < Count; ++part) {
        parts[part] = Lanes<T, N>::load(rows + part * N);
    }
    [&]<std::size_t... Column>(std::index_sequence<Column...>) __attribute__((always_inline)) {
        ((columns[Column] = collect_lanes<N, Count, FromRows, Column>(parts.data())), ...);
    }(std::make_index_sequence<Count>{});
}

/// The reverse: row n gets lane n of each column.
template <std::size_t Count, typename T, std::size_t N>
[[gnu::always_inline]] inline void store_columns(const Lanes<T, N>* columns, T* rows) {
    static_assert(Count >= 2);
    [&]<std::size_t... Part>(std::index_sequence<Part...>) __attribute__((always_inline)) {
        (collect_lanes<N, Count, FromColumns, Part>(columns).store(rows + Part * N), ...);
    }(std::make_index_sequence<Count>{});
}

/// Numbers of a and b whose place within blocks of 2 * Width has (or has not) the bit Width, a's before b's in each
/// block.
template <std::size_t Width, bool Upper, typename T, std::size_t N, std::size_t... Lane>
[[gnu::always_inline]] inline Lanes<T, N> half_lanes(Lanes<T, N> a, Lanes<T, N> b, std::index_sequence<Lane...>) {
    // Block k of the result, Width lanes, is a half of block k of the 2 * N lanes that a and b make up.
    constexpr auto source = [](std::size_t lane) {
        return static_cast<int>(lane / Width * (2 * Width) + (Upper ? Width : 0) + lane % Width);
    };
    return {__builtin_shufflevector(a.vector, b.vector, source(Lane)...)};
}

/// The sums of all lanes of Count <= N numbers: lane n of the result is sum_lanes(numbers[n]), bit by bit; the other
/// lanes are zero.
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
            sums[n] = half_lanes<Width, false>(a, b, std::make_index_sequence<N>{}) +
                      half_lanes<Width, true>(a, b, std::make_index_sequence<N>{});
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

/// The sums over all lanes of Count <= N numbers that lie in memory, N the lanes of half a number: two halves are read
/// and added, which takes no shuffle.
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

/// sum_lanes of Count numbers: of as many at a time as half a number has lanes.
template <std::size_t Count, Number V>
[[gnu::always_inline]] constexpr void store_sums_of_lanes(const V* numbers, scalar_t<V>* sums) {
    if constexpr (lane_count<V> > 2) {
        constexpr std::size_t block = lane_count<V> / 2;
        constexpr std::size_t whole = Count / block * block;
        for (std::size_t i = 0; i < whole; i += block) {
            sums_of_halves<block>(numbers + i).store(sums + i);
        }
        if constexpr (whole < Count) {
            const auto rest = sums_of_halves<Count - whole>(numbers + whole);
            __builtin_memcpy(sums + whole, &rest.vector, (Count - whole) * sizeof(scalar_t<V>));
        }
    } else {
        for (std::size_t i = 0; i < Count; ++i) {
            sums[i] = sum_lanes(numbers[i]);
        }
    }
}

}  // namespace CTCNN_DETAIL

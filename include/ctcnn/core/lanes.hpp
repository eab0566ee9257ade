// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ctcnn {

/// The widest SIMD register that the translation unit is compiled for, in bytes, and how many of them there are.
#if defined(__AVX512F__)
inline constexpr std::size_t vector_bytes = 64;
inline constexpr std::size_t vector_registers = 32;
#elif defined(__AVX__)
inline constexpr std::size_t vector_bytes = 32;
inline constexpr std::size_t vector_registers = 16;
#elif defined(__aarch64__)
inline constexpr std::size_t vector_bytes = 16;
inline constexpr std::size_t vector_registers = 32;
#else
inline constexpr std::size_t vector_bytes = 16;
inline constexpr std::size_t vector_registers = 16;
#endif

/// Lanes: one SIMD register as a number. Lane n of every element belongs to image n of a tile of images, so a kernel that
/// is written for one image computes a whole tile, and no instruction ever mixes lanes.
/// A vector extension of the compiler holds it: it needs no header, and works in GCC, clang, on x86, ARM and wasm.
template <std::floating_point T, std::size_t N = vector_bytes / sizeof(T)>
struct Lanes {
    static_assert(N >= 2 && (N & (N - 1)) == 0, "the number of lanes is a power of two");
    using scalar = T;
    static constexpr std::size_t count = N;

    using Integer = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    typedef T Vector __attribute__((vector_size(N * sizeof(T))));
    typedef Integer IntegerVector __attribute__((vector_size(N * sizeof(T))));

    Vector vector;

    /// Every lane the same number.
    [[gnu::always_inline]] static Lanes broadcast(T value) { return {value - Vector{}}; }
    /// N numbers that lie side by side; any alignment.
    [[gnu::always_inline]] static Lanes load(const T* data) {
        Lanes result;
        __builtin_memcpy(&result.vector, data, sizeof(Vector));
        return result;
    }
    [[gnu::always_inline]] void store(T* data) const { __builtin_memcpy(data, &vector, sizeof(Vector)); }

    [[gnu::always_inline]] friend Lanes operator+(Lanes a, Lanes b) { return {a.vector + b.vector}; }
    [[gnu::always_inline]] friend Lanes operator-(Lanes a, Lanes b) { return {a.vector - b.vector}; }
    [[gnu::always_inline]] friend Lanes operator*(Lanes a, Lanes b) { return {a.vector * b.vector}; }
    [[gnu::always_inline]] friend Lanes operator/(Lanes a, Lanes b) { return {a.vector / b.vector}; }
    [[gnu::always_inline]] friend Lanes operator-(Lanes a) { return {-a.vector}; }
    [[gnu::always_inline]] Lanes& operator+=(Lanes b) {
        vector += b.vector;
        return *this;
    }
};

template <typename V>
inline constexpr bool is_lanes = false;
template <typename T, std::size_t N>
inline constexpr bool is_lanes<Lanes<T, N>> = true;

/// Number: what a kernel computes with. float: one image, and constant expressions; double: gradient checks;
/// Lanes: a tile of images at once.
template <typename V>
concept Number = std::floating_point<V> || is_lanes<V>;

namespace detail {
template <typename V>
struct ScalarOf {
    using type = V;
};
template <typename T, std::size_t N>
struct ScalarOf<Lanes<T, N>> {
    using type = T;
};
}  // namespace detail

/// The type of one lane: float for Lanes<float, 16>, and for float.
template <Number V>
using scalar_t = typename detail::ScalarOf<V>::type;

/// How many images one number holds: 16 for Lanes<float, 16>, 1 for float.
template <Number V>
inline constexpr std::size_t lane_count = sizeof(V) / sizeof(scalar_t<V>);

template <Number V>
[[gnu::always_inline]] constexpr V broadcast(scalar_t<V> value) {
    if constexpr (is_lanes<V>) {
        return V::broadcast(value);
    } else {
        return value;
    }
}

/// a * b + c. One expression, so that every compiler may fuse it into one instruction.
template <Number V>
[[gnu::always_inline]] constexpr V multiply_add(V a, V b, V c) {
    if constexpr (is_lanes<V>) {
        return {a.vector * b.vector + c.vector};
    } else {
        return a * b + c;
    }
}

/// a < b ? if_true : if_false, lane by lane. A comparison with NaN is false.
template <Number V>
[[gnu::always_inline]] constexpr V select_less(V a, V b, V if_true, V if_false) {
    if constexpr (is_lanes<V>) {
        return {a.vector < b.vector ? if_true.vector : if_false.vector};
    } else {
        return a < b ? if_true : if_false;
    }
}

#if defined(__AVX512F__)
namespace detail {
// What the compilers' built-in functions for 16 lanes want: rounding as it is set, and the mask of all lanes.
inline constexpr int rounding_as_set = 4;
#if defined(__clang__)
inline constexpr unsigned short every_lane = 0xffff;
#else
inline constexpr short every_lane = -1;
#endif
}  // namespace detail
#endif

/// The larger of a number and a constant, lane by lane; NaN stays NaN.
template <Number V>
[[gnu::always_inline]] constexpr V at_least(V value, V limit) {
#if defined(__AVX__) && !defined(__clang__)
    // GCC 12 makes a comparison and a blend of the expression below; clang finds the instruction.
    if constexpr (std::is_same_v<V, Lanes<float, 8>>) {
        return {__builtin_ia32_maxps256(limit.vector, value.vector)};
    }
#if defined(__AVX512F__)
    if constexpr (std::is_same_v<V, Lanes<float, 16>>) {
        return {__builtin_ia32_maxps512_mask(limit.vector, value.vector, limit.vector, detail::every_lane,
                                             detail::rounding_as_set)};
    }
#endif
#endif
    return select_less(value, limit, limit, value);
}

/// The smaller of a number and a constant, lane by lane; NaN stays NaN.
template <Number V>
[[gnu::always_inline]] constexpr V at_most(V value, V limit) {
#if defined(__AVX__) && !defined(__clang__)
    if constexpr (std::is_same_v<V, Lanes<float, 8>>) {
        return {__builtin_ia32_minps256(limit.vector, value.vector)};
    }
#if defined(__AVX512F__)
    if constexpr (std::is_same_v<V, Lanes<float, 16>>) {
        return {__builtin_ia32_minps512_mask(limit.vector, value.vector, limit.vector, detail::every_lane,
                                             detail::rounding_as_set)};
    }
#endif
#endif
    return select_less(limit, value, limit, value);
}

/// 1 / value for numbers of a normal magnitude, within 2 units in the last place. AVX-512 divides 16 numbers in the time of
/// 20 multiply-adds, but estimates 14 bits of the result in that of 3; one step of Newton's method doubles them.
template <Number V>
[[gnu::always_inline]] constexpr V reciprocal(V value) {
#if defined(__AVX512F__)
    if constexpr (std::is_same_v<V, Lanes<float, 16>>) {
        const V estimate{__builtin_ia32_rcp14ps512_mask(value.vector, value.vector, detail::every_lane)};
        return estimate * multiply_add(-value, estimate, broadcast<V>(2));
    }
#endif
    return broadcast<V>(1) / value;
}

/// a == b ? if_true : if_false, lane by lane.
template <Number V>
[[gnu::always_inline]] constexpr V select_equal(V a, V b, V if_true, V if_false) {
    if constexpr (is_lanes<V>) {
        return {a.vector == b.vector ? if_true.vector : if_false.vector};
    } else {
        return a == b ? if_true : if_false;
    }
}

template <Number V>
[[gnu::always_inline]] constexpr scalar_t<V> get_lane(const V& value, [[maybe_unused]] std::size_t lane) {
    if constexpr (is_lanes<V>) {
        return value.vector[lane];
    } else {
        return value;
    }
}

template <Number V>
[[gnu::always_inline]] constexpr void set_lane(V& value, [[maybe_unused]] std::size_t lane, scalar_t<V> number) {
    if constexpr (is_lanes<V>) {
        value.vector[lane] = number;
    } else {
        value = number;
    }
}

/// Tells the compiler that the number is to be held in a register here: it may neither be spilled nor read again from
/// memory at each use. GCC would otherwise repeat a broadcast in every instruction that uses it.
template <Number V>
[[gnu::always_inline]] constexpr void hold_in_register([[maybe_unused]] V& value) {
#if defined(__x86_64__) && defined(__AVX__)
    // No register of these is smaller than 16 bytes.
    if constexpr (is_lanes<V> && sizeof(V) >= 16 && sizeof(V) <= vector_bytes) {
        if (!std::is_constant_evaluated()) {
#if defined(__AVX512F__)
            asm("" : "+v"(value.vector));
#else
            asm("" : "+x"(value.vector));
#endif
        }
    }
#endif
}

/// Makes the compiler forget where a pointer came from. GCC would otherwise keep what one turn of a loop has read for
/// the next one (predictive commoning), and spill the sums that the loop is about.
template <typename T>
[[gnu::always_inline]] constexpr T* forget_origin(T* pointer) {
    if (!std::is_constant_evaluated()) {
        asm("" : "+r"(pointer));
    }
    return pointer;
}

/// Asks the processor to bring the number that is pointed to into its L1 cache.
template <typename T>
[[gnu::always_inline]] constexpr void prefetch(const T* pointer) {
    if (!std::is_constant_evaluated()) {
        __builtin_prefetch(pointer);
    }
}

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

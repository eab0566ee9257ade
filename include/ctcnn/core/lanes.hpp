// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Lanes: one SIMD register as a number. Lane n of every element belongs to image n of a tile of images, so a kernel
/// that is written for one image computes a whole tile, and no instruction ever mixes lanes.
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
    [[gnu::always_inline]] static constexpr Lanes broadcast(T value) { return {value - Vector{}}; }
    /// N numbers that lie side by side; any alignment.
    [[gnu::always_inline]] static constexpr Lanes load(const T* data) {
        if (__builtin_is_constant_evaluated()) {
            Array array{};
            for (std::size_t lane = 0; lane < N; ++lane) {
                array.lanes[lane] = data[lane];
            }
            return of(array);
        }
        Lanes result;
        __builtin_memcpy(&result.vector, data, sizeof(Vector));
        return result;
    }
    [[gnu::always_inline]] constexpr void store(T* data) const {
        if (__builtin_is_constant_evaluated()) {
            const Array numbers = array();
            for (std::size_t lane = 0; lane < N; ++lane) {
                data[lane] = numbers.lanes[lane];
            }
        } else {
            __builtin_memcpy(data, &vector, sizeof(Vector));
        }
    }

    // In constant expressions, compilers can do arithmetic with vectors and nothing else: the rest goes through arrays.
    struct Array {
        T lanes[N];
    };
    constexpr Array array() const { return __builtin_bit_cast(Array, vector); }
    static constexpr Lanes of(const Array& array) { return {__builtin_bit_cast(Vector, array)}; }

    [[gnu::always_inline]] friend constexpr Lanes operator+(Lanes a, Lanes b) { return {a.vector + b.vector}; }
    [[gnu::always_inline]] friend constexpr Lanes operator-(Lanes a, Lanes b) { return {a.vector - b.vector}; }
    [[gnu::always_inline]] friend constexpr Lanes operator*(Lanes a, Lanes b) { return {a.vector * b.vector}; }
    [[gnu::always_inline]] friend constexpr Lanes operator/(Lanes a, Lanes b) { return {a.vector / b.vector}; }
    [[gnu::always_inline]] friend constexpr Lanes operator-(Lanes a) { return {-a.vector}; }
    [[gnu::always_inline]] constexpr Lanes& operator+=(Lanes b) {
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

template <typename V>
struct ScalarOf {
    using type = V;
};
template <typename T, std::size_t N>
struct ScalarOf<Lanes<T, N>> {
    using type = T;
};

/// The type of one lane: float for Lanes<float, 16>, and for float.
template <Number V>
using scalar_t = typename ScalarOf<V>::type;

/// The number of images in one V: 16 for Lanes<float, 16>, 1 for float.
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

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
/// select_less, or select_equal, in constant expressions.
template <typename V>
constexpr V select_lanes(const V& a, const V& b, const V& if_true, const V& if_false, bool equal) {
    const auto left = a.array();
    const auto right = b.array();
    auto result = if_false.array();
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        const bool chosen = equal ? left.lanes[lane] == right.lanes[lane] : left.lanes[lane] < right.lanes[lane];
        result.lanes[lane] = chosen ? if_true.array().lanes[lane] : result.lanes[lane];
    }
    return V::of(result);
}
#pragma GCC diagnostic pop

/// a < b ? if_true : if_false, lane by lane. A comparison with NaN is false.
template <Number V>
[[gnu::always_inline]] constexpr V select_less(V a, V b, V if_true, V if_false) {
    if constexpr (is_lanes<V>) {
        if (__builtin_is_constant_evaluated()) {
            return select_lanes(a, b, if_true, if_false, false);
        }
        return {a.vector < b.vector ? if_true.vector : if_false.vector};
    } else {
        return a < b ? if_true : if_false;
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
/// a == b ? if_true : if_false, lane by lane.
template <Number V>
[[gnu::always_inline]] constexpr V select_equal(V a, V b, V if_true, V if_false) {
    if constexpr (is_lanes<V>) {
        if (__builtin_is_constant_evaluated()) {
            return select_lanes(a, b, if_true, if_false, true);
        }
        return {a.vector == b.vector ? if_true.vector : if_false.vector};
    } else {
        return a == b ? if_true : if_false;
    }
}
#pragma GCC diagnostic pop

/// Whether compilers may take for granted that no number is NaN or infinite: -ffinite-math-only, a part of -ffast-math.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
inline constexpr bool takes_finite_for_granted = true;
#else
inline constexpr bool takes_finite_for_granted = false;
#endif

/// Whether compilers may add in another order than the source says: -ffast-math.
#if defined(__FAST_MATH__)
inline constexpr bool sums_may_be_rearranged = true;
#else
inline constexpr bool sums_may_be_rearranged = false;
#endif

/// Keeps the compiler from what it concludes from how a number was computed, where it takes finite numbers for granted.
template <Number V>
[[gnu::always_inline]] constexpr void forget_finite([[maybe_unused]] V& value) {
    if constexpr (takes_finite_for_granted) {
        if (!__builtin_is_constant_evaluated()) {
            asm("" : "+m"(value));
        }
    }
}

template <typename T>
using integer_t = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The bits of a number without its sign, as an integer: those of NaN are above those of infinity.
template <Number V>
[[gnu::always_inline]] constexpr auto magnitude_bits(V value) {
    constexpr auto mask = std::numeric_limits<integer_t<scalar_t<V>>>::max();
    if constexpr (is_lanes<V>) {
        return reinterpret_cast<typename V::IntegerVector>(value.vector) & mask;
    } else {
        return std::bit_cast<integer_t<V>>(value) & mask;
    }
}
template <std::floating_point T>
inline constexpr integer_t<T> infinity_bits = std::numeric_limits<integer_t<T>>::max() >>
                                              (std::numeric_limits<T>::digits - 1)
                                                  << (std::numeric_limits<T>::digits - 1);

/// value is NaN ? if_nan : otherwise, lane by lane; also where compilers take finite numbers for granted.
template <Number V>
[[gnu::always_inline]] constexpr V select_nan(V value, V if_nan, V otherwise) {
    forget_finite(value);
    if constexpr (!takes_finite_for_granted) {
        return select_equal(value, value, otherwise, if_nan);
    } else if constexpr (is_lanes<V>) {
        return {magnitude_bits(value) > infinity_bits<scalar_t<V>> ? if_nan.vector : otherwise.vector};
    } else {
        return magnitude_bits(value) > infinity_bits<V> ? if_nan : otherwise;
    }
}

/// The larger of a number and a constant, lane by lane; NaN stays NaN.
template <Number V>
[[gnu::always_inline]] constexpr V at_least(V value, V limit) {
    if constexpr (takes_finite_for_granted) {
        return select_nan(value, value, select_less(value, limit, limit, value));
    } else if constexpr (is_lanes<V>) {
        if (__builtin_is_constant_evaluated()) {
            return select_less(value, limit, limit, value);
        }
        processor::at_least(value.vector, limit.vector);
        return value;
    } else {
        processor::at_least(value, limit);
        return value;
    }
}

/// The smaller of a number and a constant, lane by lane; NaN stays NaN.
template <Number V>
[[gnu::always_inline]] constexpr V at_most(V value, V limit) {
    if constexpr (takes_finite_for_granted) {
        return select_nan(value, value, select_less(limit, value, limit, value));
    } else if constexpr (is_lanes<V>) {
        if (__builtin_is_constant_evaluated()) {
            return select_less(limit, value, limit, value);
        }
        processor::at_most(value.vector, limit.vector);
        return value;
    } else {
        processor::at_most(value, limit);
        return value;
    }
}

/// The larger of two numbers, lane by lane; NaN if one of them is. Of equal ones, such as 0 and -0, the first.
template <Number V>
[[gnu::always_inline]] constexpr V larger(V a, V b) {
    return select_nan(b, b, at_least(a, b));
}

/// 1 / value for numbers of a normal magnitude, within 2 units in the last place. AVX-512 divides 16 numbers in the
/// time of 20 multiply-adds, but estimates 14 bits of the result in that of 3; one step of Newton's method doubles
/// them.
template <Number V>
[[gnu::always_inline]] constexpr V reciprocal(V value) {
    if constexpr (vector_bytes == 64 && std::is_same_v<V, Lanes<float, 16>>) {
        V estimate = value;
        processor::estimate_reciprocal(estimate.vector);
        return estimate * multiply_add(-value, estimate, broadcast<V>(2));
    }
    return broadcast<V>(1) / value;
}

template <Number V>
[[gnu::always_inline]] constexpr scalar_t<V> get_lane(const V& value, [[maybe_unused]] std::size_t lane) {
    if constexpr (is_lanes<V>) {
        if (__builtin_is_constant_evaluated()) {
            return value.array().lanes[lane];
        }
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

// The built-in function, here and elsewhere: the standard's is a function that is inlined at each of its calls, of
// which a network has hundreds.

/// Makes the compiler forget what a number is: a loop of so many turns is not unrolled, and a function is not compiled
/// once more for it.
[[gnu::always_inline]] constexpr std::size_t forget_value(std::size_t number) {
    if (!__builtin_is_constant_evaluated()) {
        asm("" : "+r"(number));
    }
    return number;
}

/// lane_count for loops that are not to be unrolled: what is done lane by lane once for each tile is as fast so, and
/// faster to compile.
template <Number V>
[[gnu::always_inline]] constexpr std::size_t rolled_lane_count() {
    return forget_value(lane_count<V>);
}

/// The number of(lane) in each lane; in a loop that is not unrolled.
template <Number V, typename F>
[[gnu::always_inline]] constexpr V lane_by_lane(const F& of) {
    if constexpr (is_lanes<V>) {
        std::array<scalar_t<V>, lane_count<V>> numbers{};
        for (std::size_t lane = 0; lane < rolled_lane_count<V>(); ++lane) {
            numbers[lane] = of(lane);
        }
        return V::load(numbers.data());
    } else {
        return of(std::size_t{0});
    }
}

/// Tells the compiler that the number is to be held in a register here: it may neither be spilled nor read again from
/// memory at each use. GCC would otherwise repeat a broadcast in every instruction that uses it.
template <Number V>
[[gnu::always_inline]] constexpr void hold_in_register([[maybe_unused]] V& value) {
    if constexpr (is_lanes<V>) {
        if (!__builtin_is_constant_evaluated()) {
            processor::hold(value.vector);
        }
    }
}

/// Whether results may have more digits than their type: the x87 unit of 32-bit processors.
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 2
inline constexpr bool has_excess_digits = true;
#else
inline constexpr bool has_excess_digits = false;
#endif

/// The number as it was computed, rounded to its type: compilers may neither keep more digits of it nor rearrange what
/// it comes from with what it goes into.
template <Number V>
[[gnu::always_inline]] constexpr V as_computed(V value) {
    if constexpr (sums_may_be_rearranged || has_excess_digits) {
        if (!__builtin_is_constant_evaluated()) {
#if defined(__clang__)
            if constexpr (!has_excess_digits) {
                if constexpr (is_lanes<V>) {
                    return {__arithmetic_fence(value.vector)};
                } else {
                    return __arithmetic_fence(value);
                }
            }
#endif
            // GCC's vectorizer loses __builtin_assoc_barrier.
            asm("" : "+m"(value));
        }
    }
    return value;
}

/// Makes the compiler forget where a pointer came from. GCC would otherwise keep what one turn of a loop has read for
/// the next one (predictive commoning), and spill the sums that the loop is about.
template <typename T>
[[gnu::always_inline]] constexpr T* forget_origin(T* pointer) {
    if (!__builtin_is_constant_evaluated()) {
        asm("" : "+r"(pointer));
    }
    return pointer;
}

/// Asks the processor to bring the number that is pointed to into its L1 cache.
template <typename T>
[[gnu::always_inline]] constexpr void prefetch(const T* pointer) {
    if (!__builtin_is_constant_evaluated()) {
        __builtin_prefetch(pointer);
    }
}

/// The same into its L2 cache, of a number that is not needed soon.
template <typename T>
[[gnu::always_inline]] constexpr void prefetch_to_l2(const T* pointer) {
    if (!__builtin_is_constant_evaluated()) {
        __builtin_prefetch(pointer, 0, 2);
    }
}

/// Asks for a number that is going to be written.
template <typename T>
[[gnu::always_inline]] constexpr void prefetch_to_write(T* pointer) {
    if (!__builtin_is_constant_evaluated()) {
        __builtin_prefetch(pointer, 1);
    }
}

}  // namespace CTCNN_DETAIL

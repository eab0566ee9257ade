// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::math {

/// Whether a number is NaN; also where compilers take finite numbers for granted.
template <std::floating_point T>
constexpr bool is_nan(T x) {
    forget_finite(x);
    return magnitude_bits(x) > infinity_bits<T>;
}

/// Whether a number is neither infinite nor NaN; also where compilers take that for granted.
template <std::floating_point T>
constexpr bool is_finite(T x) {
    forget_finite(x);
    return magnitude_bits(x) < infinity_bits<T>;
}

/// Whether all of `count` numbers, or lanes of numbers, are finite.
template <Number V>
constexpr bool all_finite(const V* numbers, std::size_t count) {
    using T = scalar_t<V>;
    bool finite = true;
    std::size_t i = 0;
    if (!std::is_constant_evaluated()) {
        // Added to the bits of a number, this passes into the sign if the number is not finite.
        using Bits = std::make_unsigned_t<integer_t<T>>;
        typedef Bits BitsVector __attribute__((vector_size(Lanes<T>::count * sizeof(T))));
        constexpr Bits past = (Bits{1} << (std::numeric_limits<Bits>::digits - 1)) - Bits{infinity_bits<T>};
        const auto* bytes = reinterpret_cast<const std::byte*>(numbers);
        BitsVector passed{};
        for (; (i + 1) * sizeof(BitsVector) <= count * sizeof(V); ++i) {
            BitsVector bits;
            __builtin_memcpy(&bits, bytes + i * sizeof(bits), sizeof(bits));
            passed |= (bits & (Bits{infinity_bits<T>} | (Bits{infinity_bits<T>} - 1))) + past;
        }
        for (std::size_t lane = 0; lane < Lanes<T>::count; ++lane) {
            finite = finite && static_cast<integer_t<T>>(passed[lane]) >= 0;
        }
        i *= Lanes<T>::count;
    }
    for (; i < count * lane_count<V>; ++i) {
        finite = finite && is_finite(get_lane(numbers[i / lane_count<V>], i % lane_count<V>));
    }
    return finite;
}

namespace detail {
/// Spelled by their bits: under -ffast-math compilers warn of the library's names.
template <std::floating_point T>
inline constexpr T infinity = std::bit_cast<T>(infinity_bits<T>);
template <std::floating_point T>
inline constexpr T quiet_nan = std::bit_cast<T>(infinity_bits<T> | infinity_bits<T> >> 1);
}  // namespace detail

}  // namespace CTCNN_DETAIL::math

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

/// Whether all of `count` numbers are finite, or those of `rows` rows that lie so many numbers apart.
template <std::floating_point T>
[[gnu::noinline]] constexpr bool all_finite(const T* numbers, std::size_t count, std::size_t rows = 1,
                                            std::size_t apart = 0) {
    bool finite = true;
    std::size_t first = 0;  // behind what vectors have seen of each row
    if (!__builtin_is_constant_evaluated()) {
        // Added to the bits of a number, this passes into the sign if the number is not finite.
        using Bits = std::make_unsigned_t<integer_t<T>>;
        constexpr std::size_t width = Lanes<T>::count;
        typedef Bits BitsVector __attribute__((vector_size(width * sizeof(T))));
        constexpr Bits past = (Bits{1} << (std::numeric_limits<Bits>::digits - 1)) - Bits{infinity_bits<T>};
        BitsVector passed{};
        first = count / width * width;
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < first; i += width) {
                BitsVector bits;
                __builtin_memcpy(&bits, numbers + row * apart + i, sizeof(bits));
                passed |= (bits & (Bits{infinity_bits<T>} | (Bits{infinity_bits<T>} - 1))) + past;
            }
        }
        for (std::size_t lane = 0; lane < rolled_lane_count<Lanes<T>>(); ++lane) {
            finite = finite && static_cast<integer_t<T>>(passed[lane]) >= 0;
        }
    }
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = first; i < count; ++i) {
            finite = finite && is_finite(numbers[row * apart + i]);
        }
    }
    return finite;
}
/// The same for lanes of numbers.
template <typename T, std::size_t N>
bool all_finite(const Lanes<T, N>* numbers, std::size_t count) {
    return all_finite(reinterpret_cast<const T*>(numbers), count * N);
}

namespace detail {
/// Spelled by their bits: under -ffast-math compilers warn of the library's names.
template <std::floating_point T>
inline constexpr T infinity = std::bit_cast<T>(infinity_bits<T>);
template <std::floating_point T>
inline constexpr T quiet_nan = std::bit_cast<T>(infinity_bits<T> | infinity_bits<T> >> 1);
}  // namespace detail

}  // namespace CTCNN_DETAIL::math

// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <ctcnn/core/target.hpp>

// Binary floating-point formats as bit patterns. No floating-point arithmetic: what comes out depends neither on the
// rounding mode nor on -ffast-math, and the payload of a NaN stays what it is.
namespace CTCNN_DETAIL::formats {

static_assert(std::numeric_limits<float>::is_iec559 && std::numeric_limits<double>::is_iec559);

/// Format: a sign bit, an exponent, a mantissa.
/// Source   IEEE 754 binary interchange formats; bfloat16
struct Format {
    int exponent_bits;
    int mantissa_bits;

    constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
    constexpr int largest_exponent() const { return (1 << exponent_bits) - 1; }  // of infinity and NaN
};
inline constexpr Format float16_format{5, 10};
inline constexpr Format bfloat16_format{8, 7};
inline constexpr Format float32_format{8, 23};
inline constexpr Format float64_format{11, 52};

constexpr std::uint64_t low_bits(int count) { return (std::uint64_t{1} << count) - 1; }

/// The float64 pattern of the same value; always exact.
template <Format F>
constexpr std::uint64_t widen(std::uint64_t bits) {
    constexpr Format wide = float64_format;
    const std::uint64_t sign = bits >> (F.exponent_bits + F.mantissa_bits);
    int exponent = static_cast<int>(bits >> F.mantissa_bits & low_bits(F.exponent_bits));
    std::uint64_t mantissa = bits & low_bits(F.mantissa_bits);
    if (exponent == F.largest_exponent()) {
        exponent = wide.largest_exponent();
    } else if (exponent != 0) {
        exponent += wide.bias() - F.bias();
    } else if (mantissa != 0 &&
               F.exponent_bits < wide.exponent_bits) {  // subnormal; float64 has a normal number for it
        const int shift = F.mantissa_bits + 1 - static_cast<int>(std::bit_width(mantissa));
        mantissa = mantissa << shift & low_bits(F.mantissa_bits);
        exponent = wide.bias() - F.bias() + 1 - shift;
    }
    return sign << 63 | static_cast<std::uint64_t>(exponent) << wide.mantissa_bits |
           mantissa << (wide.mantissa_bits - F.mantissa_bits);
}

/// Shifts to the right, rounding to nearest, ties to even.
constexpr std::uint64_t rounded_shift(std::uint64_t value, int shift) {
    if (shift == 0) {
        return value;
    }
    if (shift > 63) {
        return 0;
    }
    const std::uint64_t half = std::uint64_t{1} << (shift - 1);
    const std::uint64_t rest = value & low_bits(shift);
    const std::uint64_t result = value >> shift;
    return result + (rest > half || (rest == half && result % 2 == 1) ? 1 : 0);
}

/// Whether a float64 pattern is an infinity or a NaN.
constexpr bool is_special(std::uint64_t bits) {
    return static_cast<int>(bits >> float64_format.mantissa_bits & low_bits(float64_format.exponent_bits)) ==
           float64_format.largest_exponent();
}

/// The nearest pattern for a float64 pattern, ties to even. Too large a value becomes infinity. A NaN keeps the leading
/// bits of its payload; it stays a NaN if those are 0.
template <Format F>
constexpr std::uint64_t narrow(std::uint64_t bits) {
    constexpr Format wide = float64_format;
    constexpr int dropped = wide.mantissa_bits - F.mantissa_bits;
    constexpr std::uint64_t infinity = static_cast<std::uint64_t>(F.largest_exponent()) << F.mantissa_bits;
    if constexpr (dropped == 0) {
        return bits;
    }
    const std::uint64_t sign = bits >> 63 << (F.exponent_bits + F.mantissa_bits);
    const std::uint64_t mantissa = bits & low_bits(wide.mantissa_bits);
    if (is_special(bits)) {
        const std::uint64_t payload = mantissa >> dropped;
        const std::uint64_t quiet = std::uint64_t{1} << (F.mantissa_bits - 1);
        return sign | infinity | (mantissa != 0 && payload == 0 ? quiet : payload);
    }
    const int exponent =
        static_cast<int>(bits >> wide.mantissa_bits & low_bits(wide.exponent_bits)) - wide.bias() + F.bias();
    if (exponent >= F.largest_exponent()) {
        return sign | infinity;
    }
    // A carry out of the mantissa is one more in the exponent, which is what rounding asks for.
    if (exponent > 0) {
        const std::uint64_t whole = static_cast<std::uint64_t>(exponent) << wide.mantissa_bits | mantissa;
        return sign | rounded_shift(whole, dropped);
    }
    const std::uint64_t leading = std::uint64_t{1} << wide.mantissa_bits;
    return sign | rounded_shift(leading | mantissa, dropped + 1 - exponent);
}

}  // namespace CTCNN_DETAIL::formats

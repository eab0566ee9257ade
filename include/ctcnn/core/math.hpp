// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

// Elementary functions that work in constant expressions, on floats, doubles and Lanes alike, with the same operations
// for each: a network computes the same function for one image as for a tile of images. (The sigmoid of 16 lanes takes
// a shorter way, a few units in the last place off.) Accuracy is tested in tests/core/math_test.cpp. NaN stays NaN.
// The error function and the square root are in error_function.hpp and square_root.hpp, is_finite in finite.hpp.
namespace CTCNN_DETAIL::math {

namespace detail {

inline constexpr double ln2 = 0x1.62e42fefa39efp-1;
inline constexpr double log2_e = 0x1.71547652b82fep+0;

/// What the exponential needs of a scalar type.
template <typename T>
struct Exponential;

template <>
struct Exponential<float> {
    using Bits = std::uint32_t;
    using Integer = std::int32_t;
    static constexpr int mantissa_bits = 23;
    static constexpr int exponent_bias = 127;
    static constexpr float round = 0x1.8p23f;
    static constexpr Integer one = 0x3f800000;  // the bits of 1.0f
    static constexpr float lowest = -87.0f;
    static constexpr float highest = 88.0f;
    // ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
    static constexpr float ln2_high = 0x1.63p-1f;
    static constexpr float ln2_low = -0x1.bd0106p-13f;
    // (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2; minimax, relative error of e^r below 3.1e-9 before rounding.
    static constexpr std::array<float, 5> polynomial{0.4999999403953552f, 0.1666652113199234f, 0.04166838899254799f,
                                                     0.00836874544620514f, 0.0013814539415761828f};
};

template <>
struct Exponential<double> {
    using Bits = std::uint64_t;
    using Integer = std::int64_t;
    static constexpr int mantissa_bits = 52;
    static constexpr int exponent_bias = 1023;
    static constexpr double round = 0x1.8p52;
    static constexpr Integer one = 0x3ff0000000000000;  // the bits of 1.0
    static constexpr double lowest = -708.0;
    static constexpr double highest = 709.0;
    static constexpr double ln2_high = 0x1.62e42fefap-1;
    static constexpr double ln2_low = 0x1.cf79abc9e3b3ap-40;
    // The Taylor coefficients 1/2!, 1/3!, ...; the first one left out contributes less than 2^-60.
    static constexpr auto polynomial = [] {
        std::array<double, 13> coefficients{};
        double factorial = 1;
        for (std::size_t i = 0; i < coefficients.size(); ++i) {
            factorial *= static_cast<double>(i + 2);
            coefficients[i] = 1 / factorial;
        }
        return coefficients;
    }();
};

/// e^x = scale * fraction + scale and e^x - 1 = scale * fraction + (scale - 1), both without cancellation.
template <Number V>
struct ScaledExponential {
    V scale;
    V fraction;
};

/// The exponent n of 2^n = scale is recovered from x, r = x - n ln 2, and fraction = e^r - 1.
template <Number V>
[[gnu::always_inline]] constexpr ScaledExponential<V> scaled_exponential(V x) {
    using T = scalar_t<V>;
    using E = Exponential<T>;
    x = at_most(at_least(x, broadcast<V>(E::lowest)), broadcast<V>(E::highest));
    // Adding 1.5 * 2^mantissa_bits rounds to a whole number, which then stands in the lowest bits.
    const V round = broadcast<V>(E::round);
    V rounded = multiply_add(x, broadcast<V>(static_cast<T>(log2_e)), round);
    hold_in_register(rounded);
    const V exponent = as_computed(rounded) - round;
    V scale;
    if constexpr (is_lanes<V>) {
        const auto bits = reinterpret_cast<typename V::IntegerVector>(rounded.vector);
        scale = {reinterpret_cast<typename V::Vector>((bits << E::mantissa_bits) + E::one)};
    } else {
        const auto bits = std::bit_cast<typename E::Bits>(rounded);
        scale = std::bit_cast<T>((bits << E::mantissa_bits) + static_cast<typename E::Bits>(E::one));
    }
    V r = multiply_add(exponent, broadcast<V>(-E::ln2_high), x);
    r = multiply_add(exponent, broadcast<V>(-E::ln2_low), r);
    constexpr std::size_t degree = E::polynomial.size();
    V sum = broadcast<V>(E::polynomial[degree - 1]);
    for (std::size_t i = degree - 1; i-- > 0;) {
        sum = multiply_add(sum, r, broadcast<V>(E::polynomial[i]));
    }
    return {scale, multiply_add(sum, r * r, r)};
}

}  // namespace detail

/// e^x; arguments are limited to the range whose result is a normal number (float: -87 to 88).
template <Number V>
[[gnu::always_inline]] constexpr V exp(V x) {
    const auto [scale, fraction] = detail::scaled_exponential(x);
    return multiply_add(scale, fraction, scale);
}

/// e^x - 1, which loses no digits near zero; arguments are limited as those of exp.
template <Number V>
[[gnu::always_inline]] constexpr V expm1(V x) {
    const auto [scale, fraction] = detail::scaled_exponential(x);
    return multiply_add(scale, fraction, scale - broadcast<V>(1));
}

namespace detail {
/// 1 + e^y of floats in the fewest steps, for -87 <= y <= 88: with y = n ln 2 + r as in scaled_exponential, 2^n e^r + 1
/// is one multiply-add.
template <Number V>
    requires std::same_as<scalar_t<V>, float>
[[gnu::always_inline]] constexpr V one_plus_exp(V y) {
    using E = Exponential<float>;
    const V one = broadcast<V>(1);
    // n + 127 in the lowest bits is 2^n when it is moved to the place of the exponent.
    const V round = broadcast<V>(E::round + E::exponent_bias);
    V rounded = multiply_add(y, broadcast<V>(static_cast<float>(log2_e)), round);
    hold_in_register(rounded);
    const V n = as_computed(rounded) - round;
    V r = multiply_add(n, broadcast<V>(-E::ln2_high), y);
    r = multiply_add(n, broadcast<V>(-E::ln2_low), r);
    V power = broadcast<V>(E::polynomial[4]);
    for (std::size_t i = 4; i-- > 0;) {
        power = multiply_add(power, r, broadcast<V>(E::polynomial[i]));
    }
    power = multiply_add(power, r, one);
    power = multiply_add(power, r, one);
    V scale;
    if constexpr (is_lanes<V>) {
        const auto bits = reinterpret_cast<typename V::IntegerVector>(rounded.vector);
        scale = {reinterpret_cast<typename V::Vector>(bits << E::mantissa_bits)};
    } else {
        scale = std::bit_cast<float>(std::bit_cast<E::Bits>(rounded) << E::mantissa_bits);
    }
    return multiply_add(power, scale, one);
}

/// The bits of 2^(k/32) as a float, less k in the place to which k is moved with the exponent.
inline constexpr auto fractional_powers = [] {
    constexpr double root = 0x1.059b0d3158574p+0;  // 2^(1/32)
    std::array<std::int32_t, 32> bits{};
    double power = 1;
    for (std::int32_t k = 0; k < 32; ++k, power *= root) {
        bits[static_cast<std::size_t>(k)] = std::bit_cast<std::int32_t>(static_cast<float>(power)) - (k << 18);
    }
    return bits;
}();

/// The same for 16 floats: one instruction of AVX-512 looks up 16 of 32 numbers. With y = n ln 2 + r, n a multiple of
/// 1/32, 2^n comes from the table and the exponent, and |r| <= ln(2) / 64 is so small that e^r takes two multiply-adds.
template <Number V>
    requires std::same_as<scalar_t<V>, float> && (vector_bytes == 64 && lane_count<V> == 16)
[[gnu::always_inline]] inline V one_plus_exp(V y) {
    using Integers = typename V::IntegerVector;
    const V one = V::broadcast(1);
    const V round = V::broadcast(0x1.8p18f);  // its lowest bit stands for 1/32
    V rounded = multiply_add(y, V::broadcast(static_cast<float>(log2_e)), round);
    hold_in_register(rounded);
    const V n = as_computed(rounded) - round;
    // ln 2 as one float: n ln 2 is off by less than 2^-28 n. The product must not be rounded, which -O0 and -O1 would
    // do.
    const V minus_ln2 = V::broadcast(-static_cast<float>(ln2));
    V r = n;
    processor::fused_multiply_add(r.vector, minus_ln2.vector, y.vector);
    // e^r = 1 + r (c1 + r / 2), minimax: relative error below 5.4e-8.
    const V power = multiply_add(multiply_add(r, V::broadcast(0.5f), V::broadcast(1.0000147f)), r, one);

    const auto bits = reinterpret_cast<Integers>(rounded.vector);
    Integers low;
    Integers high;
    __builtin_memcpy(&low, fractional_powers.data(), sizeof(low));
    __builtin_memcpy(&high, fractional_powers.data() + 16, sizeof(high));
    Integers fraction = bits;
    processor::look_up(fraction, low, high);
    const V scale{reinterpret_cast<typename V::Vector>((bits << 18) + fraction)};
    return multiply_add(power, scale, one);
}

}  // namespace detail

/// 1 / (1 + e^-x); x is limited to -88 ... 87 (float).
template <Number V>
[[gnu::always_inline]] constexpr V sigmoid(V x) {
    if constexpr (std::same_as<scalar_t<V>, float>) {
        // e^88 is the largest power that is finite.
        const V lowest = broadcast<V>(-88);
        const V highest = broadcast<V>(87);
        return reciprocal(detail::one_plus_exp(-at_most(at_least(x, lowest), highest)));
    } else {
        return reciprocal(broadcast<V>(1) + exp(-x));
    }
}

/// tanh x = sign(x) m / (m + 2) with m = e^(2|x|) - 1, which loses no digits near zero.
template <Number V>
[[gnu::always_inline]] constexpr V tanh(V x) {
    using T = scalar_t<V>;
    const V zero = broadcast<V>(0);
    // Past 20 the result is 1 in float and in double; the limit keeps e^(2|x|) finite.
    const V limit = broadcast<V>(20);
    V magnitude = select_less(x, zero, -x, x);
    magnitude = at_most(magnitude, limit);
    const auto [scale, fraction] = detail::scaled_exponential(magnitude + magnitude);
    const V m = multiply_add(scale, fraction, scale - broadcast<V>(1));
    const V result = m / (m + broadcast<V>(T(2)));
    return select_less(x, zero, -result, result);
}

namespace detail {
/// exponent * ln 2 + log m, with m in [sqrt(1/2), sqrt(2)).
/// Source of the series: log m = 2 artanh((m - 1)/(m + 1))
template <Number V>
[[gnu::always_inline]] constexpr V log_from_parts(V m, V exponent) {
    using T = scalar_t<V>;
    const V one = broadcast<V>(1);
    const V s = (m - one) / (m + one);
    const V square = s * s;
    // s^2 <= 0.0295, so the terms fall below 2^-53 after 11 of them, below 2^-24 after 5.
    constexpr int terms = sizeof(T) == 4 ? 6 : 12;
    V sum{};
    for (int i = terms - 1; i >= 0; --i) {
        sum = multiply_add(sum, square, broadcast<V>(T(1) / static_cast<T>(2 * i + 1)));
    }
    if constexpr (is_lanes<V>) {
        return {exponent.vector * static_cast<T>(ln2) + T(2) * s.vector * sum.vector};
    } else {
        return exponent * static_cast<T>(ln2) + 2 * s * sum;
    }
}
}  // namespace detail

/// The natural logarithm of a positive normal number; -infinity for 0, NaN for a negative number.
template <std::floating_point T>
constexpr T log(T x) {
    using E = detail::Exponential<T>;
    if (is_nan(x)) {
        return x;
    }
    if (!(x > 0)) {
        return x < 0 ? detail::quiet_nan<T> : -detail::infinity<T>;
    }
    if (x > std::numeric_limits<T>::max()) {
        return x;
    }
    const auto bits = std::bit_cast<typename E::Bits>(x);
    auto exponent = static_cast<typename E::Integer>(bits >> E::mantissa_bits) - E::exponent_bias;
    constexpr auto mantissa_mask = (typename E::Bits{1} << E::mantissa_bits) - 1;
    constexpr auto one = static_cast<typename E::Bits>(E::exponent_bias) << E::mantissa_bits;
    T m = std::bit_cast<T>((bits & mantissa_mask) | one);
    if (m > T(1.4142135623730951)) {
        m /= 2;
        ++exponent;
    }
    return detail::log_from_parts(m, static_cast<T>(exponent));
}

/// The same for lanes.
template <Number V>
    requires is_lanes<V>
[[gnu::always_inline]] constexpr V log(V x) {
    using T = scalar_t<V>;
    using E = detail::Exponential<T>;
    using Integers = typename V::IntegerVector;
    constexpr auto mantissa_mask = (typename E::Integer{1} << E::mantissa_bits) - 1;
    const auto bits = reinterpret_cast<Integers>(x.vector);
    V m{reinterpret_cast<typename V::Vector>((bits & mantissa_mask) | E::one)};
    V exponent{__builtin_convertvector((bits >> E::mantissa_bits) - E::exponent_bias, typename V::Vector)};
    const V one = broadcast<V>(1);
    const V root = broadcast<V>(T(1.4142135623730951));
    exponent = select_less(root, m, exponent + one, exponent);
    m = select_less(root, m, m * broadcast<V>(T(0.5)), m);
    const V zero = broadcast<V>(0);
    const V infinity = broadcast<V>(detail::infinity<T>);
    const V result = select_equal(x, infinity, x, detail::log_from_parts(m, exponent));
    const V otherwise = select_equal(x, zero, -infinity, broadcast<V>(detail::quiet_nan<T>));
    return select_nan(x, x, select_less(zero, x, result, otherwise));
}

/// log(1 + x) for 0 <= x <= 1, which loses no digits near zero: 2 artanh(x / (x + 2)).
template <Number V>
[[gnu::always_inline]] constexpr V log1p(V x) {
    using T = scalar_t<V>;
    const V s = x / (x + broadcast<V>(2));
    const V square = s * s;
    // s^2 <= 1/9, so the terms fall below 2^-54 after 17 of them, below 2^-25 after 8.
    constexpr std::size_t terms = sizeof(T) == 4 ? 8 : 17;
    V sum = broadcast<V>(T(1) / static_cast<T>(2 * terms - 1));
    for (std::size_t i = terms - 1; i-- > 1;) {
        sum = multiply_add(sum, square, broadcast<V>(T(1) / static_cast<T>(2 * i + 1)));
    }
    const V twice = s + s;
    return multiply_add(twice * square, sum, twice);
}

}  // namespace CTCNN_DETAIL::math

// SPDX-License-Identifier: MIT
#include <ctcnn/core/float_formats.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "catch.hpp"

using namespace ctcnn::detail_::formats;

namespace {

/// The value of a pattern of 16 bits, by definition.
double value_of(Format format, unsigned bits) {
    const int exponent = static_cast<int>(bits >> format.mantissa_bits) & format.largest_exponent();
    const double mantissa = bits & ((1u << format.mantissa_bits) - 1);
    const double sign = bits >> 15 != 0 ? -1 : 1;
    if (exponent == format.largest_exponent()) {
        return mantissa == 0 ? sign * std::numeric_limits<double>::infinity()
                             : std::numeric_limits<double>::quiet_NaN();
    }
    const double one = std::ldexp(1.0, format.mantissa_bits);
    return sign * std::ldexp(exponent == 0 ? mantissa : one + mantissa,
                             std::max(exponent, 1) - format.bias() - format.mantissa_bits);
}

template <Format F>
void check_all_patterns() {
    int wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const std::uint64_t wide = widen<F>(bits);
        const double expected = value_of(F, bits);
        wrong += narrow<F>(wide) != bits;
        wrong += std::isnan(expected) ? !std::isnan(std::bit_cast<double>(wide))
                                      : std::bit_cast<std::uint64_t>(expected) != wide;
        // By way of float32, as networks of float store it.
        const auto single = narrow<float32_format>(wide);
        wrong += widen<float32_format>(single) != wide;
    }
    CHECK(wrong == 0);
}

/// Between each pattern and the next one lies a tie, which goes to the even one; what is beside it goes to the nearer
/// one.
template <Format F>
void check_all_ties() {
    int wrong = 0;
    const unsigned infinity = static_cast<unsigned>(F.largest_exponent()) << F.mantissa_bits;
    for (unsigned bits = 0; bits < infinity; ++bits) {
        const double low = value_of(F, bits);
        // Where the next one is infinity, as if the exponents went on.
        const double high = bits + 1 < infinity ? value_of(F, bits + 1) : 2 * low - value_of(F, bits - 1);
        const double tie = low + (high - low) / 2;
        const unsigned even = bits % 2 == 0 ? bits : bits + 1;
        const double below = std::nextafter(tie, 0.0);
        const double above = std::nextafter(tie, 2 * high);
        for (const unsigned sign : {0u, 0x8000u}) {
            const auto narrowed = [sign](double value) {
                return narrow<F>(std::bit_cast<std::uint64_t>(sign != 0 ? -value : value));
            };
            wrong += narrowed(tie) != (even | sign);
            wrong += narrowed(below) != (bits | sign);
            wrong += narrowed(above) != ((bits + 1) | sign);
        }
    }
    CHECK(wrong == 0);
}

// Ties go to the even number; 53 bits that are shifted by 63 or more are less than a half.
static_assert(rounded_shift(5, 0) == 5 && rounded_shift(5, 1) == 2 && rounded_shift(7, 1) == 4);
static_assert(rounded_shift(low_bits(53), 53) == 1 && rounded_shift(low_bits(53), 54) == 0);
static_assert(rounded_shift(low_bits(53), 63) == 0 && rounded_shift(low_bits(53), 64) == 0 &&
              rounded_shift(low_bits(53), 65) == 0);

// A float64 stays what it is, subnormal ones, infinity and NaN included.
constexpr bool stays(std::uint64_t bits) {
    return widen<float64_format>(bits) == bits && narrow<float64_format>(bits) == bits;
}
static_assert(stays(0) && stays(1) && stays(0x8000'0000'0000'0001) && stays(0x000f'ffff'ffff'ffff) &&
              stays(0x3ff0'0000'0000'0000) && stays(0xfff0'0000'0000'0000) && stays(0x7ff0'0000'0000'0001));

}  // namespace

TEST_CASE("float16: all patterns there and back", "[float_formats]") { check_all_patterns<float16_format>(); }
TEST_CASE("bfloat16: all patterns there and back", "[float_formats]") { check_all_patterns<bfloat16_format>(); }
TEST_CASE("float16: rounding to nearest, ties to even", "[float_formats]") { check_all_ties<float16_format>(); }
TEST_CASE("bfloat16: rounding to nearest, ties to even", "[float_formats]") { check_all_ties<bfloat16_format>(); }

TEST_CASE("float64 to float32 as the processor rounds", "[float_formats]") {
    std::mt19937_64 random(1);
    int wrong = 0;
    for (int n = 0; n < 1'000'000; ++n) {
        // Exponents in and around the range of float.
        const std::uint64_t exponent = 1023 - 160 + random() % 300;
        const std::uint64_t bits = (random() & ~(std::uint64_t{0x7ff} << 52)) | exponent << 52;
        const volatile auto rounded = static_cast<float>(std::bit_cast<double>(bits));
        wrong += narrow<float32_format>(bits) != std::bit_cast<std::uint32_t>(static_cast<float>(rounded));
    }
    CHECK(wrong == 0);
}

TEST_CASE("a NaN keeps its sign and the leading bits of its payload, and stays a NaN", "[float_formats]") {
    CHECK(narrow<float32_format>(0xfff8'0000'0000'0000) == 0xffc0'0000);
    CHECK(narrow<float32_format>(0x7ff4'2468'a000'0000) == 0x7fa1'2345);
    CHECK(narrow<float32_format>(0x7ff0'0000'0000'0001) == 0x7fc0'0000);
    CHECK(narrow<float16_format>(widen<float32_format>(0x7f80'0001)) == 0x7e00);
    CHECK(narrow<float16_format>(widen<float32_format>(0xff80'2000)) == 0xfc01);
    CHECK(widen<float32_format>(0xffff'ffff) == 0xffff'ffff'e000'0000);
}

// SPDX-License-Identifier: MIT
#include <ctcnn/core/bf16.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <ctcnn/core/float_formats.hpp>

#include "catch.hpp"

using ctcnn::bf16;

static_assert(bf16::nearest(1.0f).bits == 0x3f80 && bf16::nearest(-2.0f).bits == 0xc000);
static_assert(sizeof(bf16) == 2);

TEST_CASE("a bf16 is the upper half of a float") {
    std::uint32_t different = 0;
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        const bf16 value{static_cast<std::uint16_t>(bits)};
        different += std::bit_cast<std::uint32_t>(value.widened()) == bits << 16 ? 0 : 1;
        different += bf16::nearest(value.widened()).bits == bits ? 0 : 1;
    }
    CHECK(different == 0);
}

TEST_CASE("floats are rounded to the nearest bf16, ties to even") {
    // 1 + 2^-7 is the next one after 1; in the middle lies 1 + 2^-8.
    CHECK(bf16::nearest(1 + 0x1p-8f).bits == bf16::nearest(1.0f).bits);
    CHECK(bf16::nearest(1 + 0x1.01p-8f).bits == bf16::nearest(1.0f).bits + 1);
    CHECK(bf16::nearest(1 + 0x3p-8f).bits == bf16::nearest(1.0f).bits + 2);
    CHECK(std::isinf(bf16::nearest(std::numeric_limits<float>::max()).widened()));
    CHECK(std::isnan(bf16::nearest(std::bit_cast<float>(0x7f800001u)).widened()));
}

// All exponents and both signs, with mantissas near and in the middle between two bf16.
TEST_CASE("floats are rounded as the files of networks round them") {
    using namespace ctcnn::detail_::formats;
    std::uint32_t different = 0;
    for (std::uint32_t upper = 0; upper < 0x10000; ++upper) {
        for (const std::uint32_t lower : {0x0001u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
            const std::uint32_t bits = upper << 16 | lower;
            const std::uint64_t expected = narrow<bfloat16_format>(widen<float32_format>(bits));
            different += bf16::nearest(std::bit_cast<float>(bits)).bits == expected ? 0 : 1;
        }
    }
    CHECK(different == 0);
}

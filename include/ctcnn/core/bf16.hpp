// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

static_assert(std::numeric_limits<float>::is_iec559);

/// bf16: the upper 16 bits of a float: its range, with 8 binary digits. It is stored, and not computed with.
/// Source   bfloat16
struct bf16 {
    std::uint16_t bits;

    /// The nearest one, ties to even. A NaN keeps the leading bits of its payload; it stays a NaN if those are 0.
    static constexpr bf16 nearest(float value) {
        const auto bits = std::bit_cast<std::uint32_t>(value);
        const std::uint32_t upper = bits >> 16;
        if ((bits & 0x7fffffff) > 0x7f800000) {
            return {static_cast<std::uint16_t>((upper & 0x7f) == 0 ? upper | 0x40 : upper)};
        }
        // A carry out of the mantissa is one more in the exponent, which is what rounding asks for.
        return {static_cast<std::uint16_t>((bits + 0x7fff + upper % 2) >> 16)};
    }
    constexpr float widened() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

}  // namespace CTCNN_API

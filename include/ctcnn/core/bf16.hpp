// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

#include <ctcnn/core/float_formats.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// bf16: the upper 16 bits of a float: its range, with 8 binary digits. It is stored, and not computed with.
/// Source   bfloat16
struct bf16 {
    std::uint16_t bits;

    /// The nearest one, ties to even. NaN stays NaN.
    static constexpr bf16 nearest(float value) {
        using namespace formats;
        const std::uint64_t wide = widen<float32_format>(std::bit_cast<std::uint32_t>(value));
        return {static_cast<std::uint16_t>(narrow<bfloat16_format>(wide))};
    }
    constexpr float widened() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

}  // namespace CTCNN_DETAIL

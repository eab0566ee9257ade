// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// power(3, 4) is 81.
constexpr double power(double base, std::uint64_t exponent) {
    double result = 1;
    for (; exponent != 0; exponent /= 2) {
        if (exponent % 2 != 0) {
            result *= base;
        }
        base *= base;
    }
    return result;
}

}  // namespace CTCNN_DETAIL

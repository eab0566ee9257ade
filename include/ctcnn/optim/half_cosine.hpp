// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// (1 - cos(pi x)) / 2 = sin(pi x / 2)^2 for x from 0 to 1, by the Taylor series of the sine: the same bits on every
/// platform, and exact at both ends.
constexpr double half_cosine(double x) {
    if (x > 0.5) {
        return 1 - half_cosine(1 - x);
    }
    const double angle = 1.57079632679489661923 * x;
    double term = angle;
    double sine = angle;
    // The first term left out is below 2^-53 of the sine.
    for (int n = 2; n <= 16; n += 2) {
        term *= -angle * angle / (n * (n + 1));
        sine += term;
    }
    return sine * sine;
}

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <stdexcept>

#include <ctcnn/core/target.hpp>

namespace CTCNN_API {

/// Interval: from low to high; from one number x, -x to x.
struct Interval {
    double low = 0;
    double high = 0;

    constexpr Interval() = default;
    constexpr Interval(double magnitude) : low(-magnitude), high(magnitude) {}
    constexpr Interval(double lowest, double highest) : low(lowest), high(highest) {}

    /// Throws std::invalid_argument unless low <= high, both finite.
    void validate(const char* sentence) const {
        if (!(std::isfinite(low) && std::isfinite(high) && low <= high)) {
            throw std::invalid_argument(sentence);
        }
    }
};

}  // namespace CTCNN_API

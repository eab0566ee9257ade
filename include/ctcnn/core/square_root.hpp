// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::math {

/// The square root of a number that is not negative, by Newton's method. Whether it is finite comes first: where
/// compilers take that for granted, the loop would not end.
constexpr double sqrt(double x) {
    if (!is_finite(x)) {
        return is_nan(x) || std::bit_cast<std::int64_t>(x) < 0 ? detail::quiet_nan<double> : detail::infinity<double>;
    }
    if (!(x > 0)) {
        return x < 0 ? detail::quiet_nan<double> : 0;
    }
    double root = x > 1 ? x : 1;
    for (;;) {
        const double next = 0.5 * (root + x / root);
        if (next >= root) {
            return root;
        }
        root = next;
    }
}

/// The square root of each lane by the processor's own instruction, which rounds correctly.
template <Number V>
[[gnu::always_inline]] constexpr V processor_sqrt(V x) {
    if constexpr (is_lanes<V>) {
        processor::square_root(x.vector);
        return x;
    } else if (__builtin_is_constant_evaluated()) {
        return static_cast<V>(sqrt(static_cast<double>(x)));
    } else {
        processor::square_root(x);
        return x;
    }
}

}  // namespace CTCNN_DETAIL::math

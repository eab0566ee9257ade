// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::math {

/// The square root of a number that is not negative, by Newton's method.
constexpr double sqrt(double x) {
    if (!(x > 0)) {
        return x < 0 || is_nan(x) ? detail::quiet_nan<double> : 0;
    }
    if (x > std::numeric_limits<double>::max()) {
        return x;
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

/// The square root by the processor's own instruction, which rounds correctly. g++ has no vector of std::sqrt unless it
/// is told -fno-math-errno.
template <Number V>
[[gnu::always_inline]] constexpr V processor_sqrt(V x) {
    using T = scalar_t<V>;
    if constexpr (is_lanes<V>) {
#if __has_builtin(__builtin_elementwise_sqrt)
        return {__builtin_elementwise_sqrt(x.vector)};
#else
#if defined(__AVX512F__)
        if constexpr (sizeof(V) == 64 && sizeof(T) == 4) {
            return {__builtin_ia32_sqrtps512_mask(x.vector, x.vector, every_lane, rounding_as_set)};
        }
#elif defined(__AVX__)
        if constexpr (sizeof(V) == 32 && sizeof(T) == 4) {
            return {__builtin_ia32_sqrtps256(x.vector)};
        }
#elif defined(__SSE2__)
        if constexpr (sizeof(V) == 16 && sizeof(T) == 4) {
            return {__builtin_ia32_sqrtps(x.vector)};
        }
#endif
        return [x]<std::size_t... Lane>(std::index_sequence<Lane...>) {
            return V{{processor_sqrt(static_cast<T>(x.vector[Lane]))...}};
        }(std::make_index_sequence<V::count>{});
#endif
    } else if (std::is_constant_evaluated()) {
        return static_cast<T>(sqrt(static_cast<double>(x)));
    } else if constexpr (sizeof(T) == 4) {
        return __builtin_sqrtf(x);
    } else {
        return __builtin_sqrt(x);
    }
}

}  // namespace CTCNN_DETAIL::math

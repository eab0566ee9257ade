// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

// The bias is added last: a sum that began with a large bias would lose the last digits of all products. A kernel reads
// the bias before it stores anything, since the compiler cannot know that the outputs are somewhere else.

/// The bias of output o; nullptr is none.
template <Number V, typename Bias>
[[gnu::always_inline]] constexpr V bias_of([[maybe_unused]] Bias bias, [[maybe_unused]] std::size_t o) {
    if constexpr (std::is_null_pointer_v<Bias>) {
        return V{};
    } else {
        return broadcast<V>(bias[o]);
    }
}

/// A sum with its bias, as bias_of gives it.
template <typename Bias, Number V>
[[gnu::always_inline]] constexpr V with_bias(V sum, [[maybe_unused]] V bias) {
    if constexpr (std::is_null_pointer_v<Bias>) {
        return sum;
    } else {
        return sum + bias;
    }
}

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::kernels {

/// What a sum begins with: the bias of output o, or zero where `bias` is nullptr or a null pointer.
/// In a constant expression a pointer is never null: g++ 12 does not take the comparison of a pointer into a temporary with
/// null for a constant.
template <Number V, typename Bias>
[[gnu::always_inline]] constexpr V bias_of([[maybe_unused]] Bias bias, [[maybe_unused]] std::size_t o) {
    if constexpr (std::is_null_pointer_v<Bias>) {
        return V{};
    } else {
        return std::is_constant_evaluated() || bias != nullptr ? broadcast<V>(bias[o]) : V{};
    }
}

}  // namespace CTCNN_DETAIL::kernels

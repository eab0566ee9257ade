// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <initializer_list>
#include <limits>

#include <ctcnn/core/target.hpp>

// Sums and products of sizes that stop at the largest number, where plain ones would begin again at 0.
namespace CTCNN_DETAIL {

template <std::unsigned_integral N>
inline constexpr N uncountable = std::numeric_limits<N>::max();

template <std::unsigned_integral N>
constexpr N saturating_sum(std::initializer_list<N> terms) {
    N sum = 0;
    for (const N term : terms) {
        sum = term > uncountable<N> - sum ? uncountable<N> : static_cast<N>(sum + term);
    }
    return sum;
}

template <std::unsigned_integral N>
constexpr N saturating_product(std::initializer_list<N> factors) {
    N product = 1;
    for (const N factor : factors) {
        product = factor != 0 && product > uncountable<N> / factor ? uncountable<N> : static_cast<N>(product * factor);
    }
    return product;
}

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

namespace detail {
inline constexpr std::size_t few_terms = 8;

template <typename V, typename Add>
constexpr V sum_of_few(std::size_t first, std::size_t count, const Add& add) {
    V sum{};
    for (std::size_t i = first; i < first + count; ++i) {
        sum = add(sum, i);
    }
    return sum;
}

/// Not inlined: compilers would inline it into itself, again and again.
template <typename V, typename Add>
[[gnu::noinline]] constexpr V sum_of_halves(std::size_t first, std::size_t count, const Add& add) {
    if (count <= few_terms) {
        return sum_of_few<V>(first, count, add);
    }
    const std::size_t half = (count + 1) / 2;
    const V left = sum_of_halves<V>(first, half, add);
    return left + sum_of_halves<V>(first + half, count - half, add);
}
}  // namespace detail

/// A sum of `count` terms from number `first` on: add(sum, i) adds term i to a sum. Halves are summed and added, so
/// that rounding errors grow with the logarithm of the count and not with the count. The terms are asked for in order,
/// each once. Where there are known to be `Most` at most, and these are few, all is inlined: a call costs as much as
/// such a sum.
/// Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2 (pairwise summation)
template <typename V, std::size_t Most = static_cast<std::size_t>(-1), typename Add>
constexpr V pairwise_sum(std::size_t first, std::size_t count, const Add& add) {
    if (Most <= detail::few_terms || count <= detail::few_terms) {
        return detail::sum_of_few<V>(first, count, add);
    }
    if constexpr (Most <= 2 * detail::few_terms) {
        const std::size_t half = (count + 1) / 2;
        const V left = detail::sum_of_few<V>(first, half, add);
        return left + detail::sum_of_few<V>(first + half, count - half, add);
    }
    return detail::sum_of_halves<V>(first, count, add);
}

/// The sum of the squares of some elements, in double.
template <typename T>
constexpr double sum_of_squares(const T* elements, std::size_t count) {
    return pairwise_sum<double>(0, count, [elements](double sum, std::size_t i) {
        return sum + static_cast<double>(elements[i]) * static_cast<double>(elements[i]);
    });
}

}  // namespace CTCNN_DETAIL

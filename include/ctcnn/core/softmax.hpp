// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/sum.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// What the softmax of some elements has in common: the largest element, which is subtracted from all, so that no power
/// is too large, and the sum of the powers. Both are NaN if an element is.
template <Number V>
struct SoftmaxCommon {
    V largest;
    V sum;
};

/// Of Count elements that lie Stride apart.
template <std::size_t Count, std::size_t Stride, Number V>
constexpr SoftmaxCommon<V> softmax_common(const V* x) {
    V largest = x[0];
    for (std::size_t c = 1; c < Count; ++c) {
        largest = larger(largest, x[c * Stride]);
    }
    return {largest,
            pairwise_sum<V>(0, Count, [=](V sum, std::size_t c) { return sum + math::exp(x[c * Stride] - largest); })};
}

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Winograd's minimal filtering F(m, r): m outputs of a filter of r taps take m + r - 1 multiplications instead of m * r.
// Here m + r - 1 = 6. Filter and inputs are values of polynomials at the points 0, 1, -1, 2, -2 and infinity:
//     output = collect<m>(evaluate<r>(weight) * scale * points_of_inputs(input)), number by number
// and since each of these maps is linear, its transpose takes the gradients back:
//     grad_input = inputs_of_points(evaluate<m>(grad_output) * evaluate<r>(weight) * scale)
//     grad_weight = collect<r>(evaluate<m>(grad_output) * points_of_inputs(input) * scale)
// (evaluate<m> may be taken point by point, by its matrix `power`). Lavin and Gray call points_of_inputs B^T, scale *
// evaluate<r> G, and collect<m> A^T.
// Source   S. Winograd, Arithmetic Complexity of Computations, SIAM 1980; A. Lavin, S. Gray, arXiv:1509.09308
namespace ctcnn::kernels::winograd {

/// The points, and how many outputs are computed at once for a filter of so many taps, at most 6.
inline constexpr std::size_t points = 6;
constexpr std::size_t outputs_of(std::size_t taps) { return taps < points ? points + 1 - taps : 1; }

/// One over the product of the differences of each point from the others; infinity has none.
inline constexpr std::array<double, points> scale{1.0 / 4, -1.0 / 6, -1.0 / 6, 1.0 / 24, 1.0 / 24, 1};

/// x^k at a point, for a polynomial of N coefficients: evaluate's matrix.
template <std::size_t N>
constexpr int power(std::size_t point, std::size_t k) {
    constexpr std::array<int, points - 1> finite{0, 1, -1, 2, -2};
    if (point == points - 1) {
        return k == N - 1 ? 1 : 0;
    }
    int result = 1;
    for (std::size_t i = 0; i < k; ++i) {
        result *= finite[point];
    }
    return result;
}

namespace detail {
template <Number V>
[[gnu::always_inline]] constexpr V times(int factor, V a) {
    return broadcast<V>(static_cast<scalar_t<V>>(factor)) * a;
}
/// factor * a + b.
template <Number V>
[[gnu::always_inline]] constexpr V times_add(int factor, V a, V b) {
    return multiply_add(broadcast<V>(static_cast<scalar_t<V>>(factor)), a, b);
}
}  // namespace detail

/// The values of the polynomial c[0] + c[1] x + ... + c[N - 1] x^(N - 1) at the points; at infinity it is c[N - 1].
template <std::size_t N, Number V>
[[gnu::always_inline]] constexpr void evaluate(const V* c, V* values) {
    // At x and -x: the even powers and the odd ones, added and subtracted.
    V even[2]{c[0], c[0]};
    V odd[2]{};
    unroll<N>([&](std::size_t k) __attribute__((always_inline)) {
        if (k == 1) {
            odd[0] = c[1];
            odd[1] = c[1] + c[1];
        } else if (k > 1) {
            V* sum = k % 2 == 0 ? even : odd;
            sum[0] += c[k];
            sum[1] = detail::times_add(1 << k, c[k], sum[1]);
        }
    });
    values[0] = c[0];
    values[1] = even[0] + odd[0];
    values[2] = even[0] - odd[0];
    values[3] = even[1] + odd[1];
    values[4] = even[1] - odd[1];
    values[5] = c[N - 1];
}

/// The transpose of evaluate<N>: c[k] = the sum of x^k times the value at x.
template <std::size_t N, Number V>
[[gnu::always_inline]] constexpr void collect(const V* values, V* c) {
    const V even[2]{values[1] + values[2], values[3] + values[4]};
    const V odd[2]{values[1] - values[2], values[3] - values[4]};
    unroll<N>([&](std::size_t k) __attribute__((always_inline)) {
        const V* sum = k % 2 == 0 ? even : odd;
        c[k] = k == 0 ? sum[0] + sum[1] : detail::times_add(1 << k, sum[1], sum[0]);
    });
    c[0] += values[0];
    c[N - 1] += values[5];
}

/// What six inputs contribute at each point.
template <Number V>
[[gnu::always_inline]] constexpr void points_of_inputs(const V* x, V* values) {
    using detail::times_add;
    const V a = times_add(-4, x[2], x[4]);
    const V b = times_add(-4, x[1], x[3]);
    const V c = x[4] - x[2];
    const V d = x[3] - x[1];
    values[0] = times_add(4, x[0], times_add(-5, x[2], x[4]));
    values[1] = a + b;
    values[2] = a - b;
    values[3] = times_add(2, d, c);
    values[4] = times_add(-2, d, c);
    values[5] = times_add(4, x[1], times_add(-5, x[3], x[5]));
}

/// The transpose of points_of_inputs.
template <Number V>
[[gnu::always_inline]] constexpr void inputs_of_points(const V* values, V* x) {
    using detail::times;
    using detail::times_add;
    const V even1 = values[1] + values[2];
    const V odd1 = values[1] - values[2];
    const V even2 = values[3] + values[4];
    const V odd2 = values[3] - values[4];
    x[0] = times(4, values[0]);
    x[1] = times_add(-4, odd1, times_add(-2, odd2, times(4, values[5])));
    x[2] = times_add(-5, values[0], times_add(-4, even1, V{} - even2));  // -even2 would make -0 of zeros
    x[3] = times_add(-5, values[5], times_add(2, odd2, odd1));
    x[4] = values[0] + (even1 + even2);
    x[5] = values[5];
}

}  // namespace ctcnn::kernels::winograd

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// sum(m, n) += factors[m * row] * values[n].
template <std::size_t M, std::size_t N, Number V>
[[gnu::always_inline]] inline void winograd2d_add(V* sum, const scalar_t<V>* factors, std::size_t row,
                                                  const V* values) {
    if constexpr (N == 1) {
        // Each factor is used once, so that it is broadcast by the multiply-add where the processor can do that.
        V held = values[0];
        hold_in_register(held);
        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
            sum[m] = multiply_add(broadcast<V>(factors[m * row]), held, sum[m]);
        });
    } else {
        add_outer_product<M, N>(
            sum, [&](std::size_t m) __attribute__((always_inline)) { return broadcast<V>(factors[m * row]); },
            [&](std::size_t n) __attribute__((always_inline)) { return values[n]; });
    }
}

/// M rows of sums for N pieces: sums(m, n) = the sum of weight(k, m) * values(k, n) over k.
template <std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] void winograd2d_product(const scalar_t<V>* weights, const V* values, std::size_t portion,
                                          std::size_t count, V* sums) {
    V sum[M * N];
    clear_tile(sum, indices<M * N>);
#pragma GCC unroll 1
    for (std::size_t k = 0; k < count; ++k) {
        winograd2d_add<M, N>(sum, weights, 1, values);
        weights = forget_origin(weights + M);
        values = forget_origin(values + portion);
    }
    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) { sums[m * portion + n] = sum[m * N + n]; });
    });
}

/// The same for those blocks of `Rows` rows that a member of a crew takes, and the pieces of a portion. The last ones
/// are computed twice where their number is no multiple of N.
template <std::size_t Rows, std::size_t M, std::size_t N, Number V, typename Turns>
[[gnu::noinline]] void winograd2d_products(const scalar_t<V>* weights, const V* values, std::size_t portion,
                                           std::size_t count, V* sums, std::size_t pieces, Turns turns) {
    for_each_piece<Rows, M>([&](std::size_t row, auto rows) {
        if (!turns.takes(row)) {
            return;
        }
        for (std::size_t n = 0; n < pieces; n += N) {
            const std::size_t at = std::min(n, std::max(pieces, N) - N);
            winograd2d_product<decltype(rows)::value, N>(weights + row * count, values + at, portion, count,
                                                         sums + row * portion + at);
        }
    });
}

/// M rows of the gradient of the weights at a point, N vectors of input channels: sums over pieces and lanes.
template <std::size_t M, std::size_t N, Number V>
[[gnu::noinline]] void winograd2d_gradients(const scalar_t<V>* gradients, std::size_t gradient_row, const V* inputs,
                                            std::size_t count, bool add, V* sums, std::size_t row) {
    V sum[M * N];
    clear_tile(sum, indices<M * N>);
#pragma GCC unroll 1
    for (std::size_t k = 0; k < count; ++k) {
        winograd2d_add<M, N>(sum, gradients, gradient_row, inputs);
        gradients = forget_origin(gradients + 1);
        inputs = forget_origin(inputs + N);
    }
    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            V& target = sums[m * row + n];
            target = add ? target + sum[m * N + n] : sum[m * N + n];
        });
    });
}

}  // namespace CTCNN_DETAIL::kernels::conv2d

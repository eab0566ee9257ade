// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels {

/// RegisterTile: a block of sums that is held in registers while it is computed: `rows` numbers that are broadcast
/// (weights of so many output channels) against `columns` vectors (pixels).
struct RegisterTile {
    std::size_t rows;
    std::size_t columns;
};

/// The cycles that one step of a tile costs a core with two multiply-add units, two loads a cycle and a latency of four
/// cycles: rows * columns multiply-adds, rows + columns loads. In half cycles, so that they are whole numbers.
consteval std::size_t half_cycles(std::size_t rows, std::size_t columns) {
    return std::max({rows * columns, rows + columns, std::size_t{8}});
}

/// The same for `count` x `width` sums that are cut into tiles, the smaller ones at the edges included.
consteval std::size_t half_cycles(std::size_t count, std::size_t width, RegisterTile tile) {
    const std::size_t rows_left = count % tile.rows;
    const std::size_t columns_left = width % tile.columns;
    const std::size_t whole_rows = count / tile.rows;
    const std::size_t whole_columns = width / tile.columns;
    return whole_rows * whole_columns * half_cycles(tile.rows, tile.columns) +
           (rows_left != 0 ? whole_columns * half_cycles(rows_left, tile.columns) : 0) +
           (columns_left != 0 ? whole_rows * half_cycles(tile.rows, columns_left) : 0) +
           (rows_left != 0 && columns_left != 0 ? half_cycles(rows_left, columns_left) : 0);
}

/// The tile that computes count x width sums in the fewest cycles and fits into the registers:
/// for 6 channels of 28 pixels and 16 registers it is 2 x 6.
consteval RegisterTile choose_tile(std::size_t count, std::size_t width, std::size_t registers = vector_registers) {
    RegisterTile best{1, 1};
    std::size_t best_cost = half_cycles(count, width, best);
    for (std::size_t rows = 1; rows <= std::min<std::size_t>(count, 8); ++rows) {
        for (std::size_t columns = 1; columns <= std::min<std::size_t>(width, 8); ++columns) {
            const std::size_t cost = half_cycles(count, width, {rows, columns});
            const bool held = rows * columns + std::min(rows, columns) + 1 <= registers;
            if (held && (cost < best_cost || (cost == best_cost && rows * columns > best.rows * best.columns))) {
                best = {rows, columns};
                best_cost = cost;
            }
        }
    }
    return best;
}

/// The same when the number of columns is given, as by the width of a kernel.
consteval std::size_t choose_rows(std::size_t count, std::size_t columns, std::size_t registers = vector_registers) {
    std::size_t best = 1;
    for (std::size_t rows = 2; rows <= std::min<std::size_t>(count, registers == 32 ? 16 : 12); ++rows) {
        const bool held = rows * columns + std::min(rows, columns) + 1 <= registers;
        const std::size_t cost = half_cycles(count, columns, {rows, columns});
        const std::size_t best_cost = half_cycles(count, columns, {best, columns});
        // Of equals the larger one, but rather one that leaves no rest.
        if (held && (cost < best_cost || (cost == best_cost && (count % rows == 0 || count % best != 0)))) {
            best = rows;
        }
    }
    return best;
}

/// How many bytes a kernel keeps near while other numbers pass by: half of a usual L1 cache, two thirds of that of
/// processors with registers of 64 bytes.
inline constexpr std::size_t near_bytes = (vector_bytes == 64 ? 32 : 16) * 1024;

/// The size of equal portions into which `count` is cut, of at most `most`: 28 by 12 at most are taken 10 at a time.
consteval std::size_t equal_portion(std::size_t count, std::size_t most) {
    const std::size_t portions = (count + most - 1) / most;
    return (count + portions - 1) / portions;
}

/// The size of equal portions into which `count` pieces of `bytes` are cut so that a portion stays near:
/// 28 rows of 1792 bytes are taken 14 at a time where 32 KB are near.
consteval std::size_t portion_size(std::size_t count, std::size_t bytes) {
    return equal_portion(count, std::max<std::size_t>(1, near_bytes / bytes));
}

/// A tile of sums that begin with zero: clear_tile(sum, indices<M * N>).
template <Number V, std::size_t... J>
[[gnu::always_inline]] constexpr void clear_tile(V* sum, std::index_sequence<J...>) {
    ((sum[J] = V{}), ...);
}
/// Copies a tile of N columns between registers and rows that lie so many numbers apart.
template <std::size_t N, Number V, std::size_t... J>
[[gnu::always_inline]] constexpr void copy_tile(V* to, std::size_t to_row, const V* from, std::size_t from_row,
                                                std::index_sequence<J...>) {
    ((to[J / N * to_row + J % N] = from[J / N * from_row + J % N]), ...);
}
/// sums[K * Step] += passing * held[K].
template <std::size_t Step, Number V, typename Passing, std::size_t... K>
[[gnu::always_inline]] constexpr void add_products(V* sums, const Passing& passing, const Passing* held,
                                                   std::index_sequence<K...>) {
    ((sums[K * Step] = multiply_add(passing, held[K], sums[K * Step])), ...);
}

/// All columns of a tile take part.
struct EveryColumn {
    [[gnu::always_inline]] constexpr bool operator()(std::size_t) const { return true; }
};

/// sum(m, n) += factor(m) * value(n) for a tile of M x N sums. The shorter side is held in registers, the longer one
/// passes by, each number of it read once. GCC has to be told both; clang does better when it is told the held side of
/// a tall tile alone (measured on the convolutions and Linear layers of LeNet). Columns for which takes(n) is false are
/// left out. Factors and values are V, or have a multiply_add of their own.
template <std::size_t M, std::size_t N, Number V, typename Factor, typename Value, typename Takes = EveryColumn>
[[gnu::always_inline]] constexpr void add_outer_product(V* sum, const Factor& factor, const Value& value,
                                                        const Takes& takes = {}) {
#ifdef __clang__
    constexpr bool tell_all = false;
#else
    constexpr bool tell_all = true;
#endif
    using Passing = std::remove_cvref_t<decltype(value(std::size_t{}))>;
    if constexpr (M <= N) {
        Passing held[M];
        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
            held[m] = factor(m);
            if constexpr (tell_all) {
                hold_in_register(held[m]);
            }
        });
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            if (takes(n)) {
                Passing passing = value(n);
                if constexpr (tell_all) {
                    hold_in_register(passing);
                }
                add_products<N>(sum + n, passing, held, indices<M>);
            }
        });
    } else {
        Passing held[N];
        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
            if (takes(n)) {
                held[n] = value(n);
                hold_in_register(held[n]);
            }
        });
        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
            Passing passing = factor(m);
            if constexpr (tell_all) {
                hold_in_register(passing);
            }
            if constexpr (std::same_as<Takes, EveryColumn>) {
                add_products<1>(sum + m * N, passing, held, indices<N>);
            } else {
                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                    if (takes(n)) {
                        sum[m * N + n] = multiply_add(passing, held[n], sum[m * N + n]);
                    }
                });
            }
        });
    }
}

/// Stores `count` of the columns of some rows, or adds them to what is there, in rows that lie `row` apart. Not
/// inlined: its registers would be taken from the tile. One function, whatever the size of the tile.
template <typename T>
[[gnu::noinline]] constexpr void store_part(T* target, std::size_t row, const T* tile, std::size_t rows,
                                            std::size_t columns, std::size_t count, bool add) {
    for (std::size_t m = 0; m < rows; ++m) {
        for (std::size_t i = 0; i < count; ++i) {
            target[m * row + i] = tile[m * columns + i] + (add ? target[m * row + i] : 0);
        }
    }
}

/// Stores the numbers J of a tile of N columns, or adds them to what is there.
template <std::size_t N, typename T, Number V, std::size_t... J>
[[gnu::always_inline]] constexpr void store_columns(T* target, std::size_t row, const V* tile, bool add,
                                                    std::index_sequence<J...>) {
    if (add) {
        ((V::load(target + J / N * row + J % N * lane_count<V>) + tile[J])
             .store(target + J / N * row + J % N * lane_count<V>),
         ...);
    } else {
        (tile[J].store(target + J / N * row + J % N * lane_count<V>), ...);
    }
}

/// Stores a tile of M x N numbers, or adds them to what is there, in rows that lie `row` apart; of each row the first
/// `count` lanes.
template <std::size_t M, std::size_t N, Number V>
[[gnu::always_inline]] constexpr void store_tile(scalar_t<V>* target, std::size_t row, const V* tile, std::size_t count,
                                                 bool add) {
    if constexpr (is_lanes<V>) {
        if (count >= N * lane_count<V>) {
            store_columns<N>(target, row, tile, add, indices<M * N>);
            return;
        }
    }
    // A copy: a tile whose address is given away lives in memory, not in registers.
    constexpr std::size_t columns = N * lane_count<V>;
    scalar_t<V> copy[M * columns];
    unroll<M * N>([&](std::size_t j) __attribute__((always_inline)) {
        if constexpr (is_lanes<V>) {
            tile[j].store(copy + j * lane_count<V>);
        } else {
            copy[j] = tile[j];
        }
    });
    store_part(target, row, copy, forget_value(M), forget_value(columns), std::min(count, columns), add);
}

}  // namespace CTCNN_DETAIL::kernels

// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/register_tile.hpp>

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/target.hpp>

#include "catch.hpp"

using namespace ctcnn::detail_::kernels;
using ctcnn::detail_::vector_bytes;

namespace {

constexpr bool fits(RegisterTile tile, std::size_t registers) {
    return tile.rows * tile.columns + std::min(tile.rows, tile.columns) + 1 <= registers;
}

/// Whether no tile that fits costs less than the chosen one.
consteval bool is_cheapest(std::size_t count, std::size_t width, std::size_t registers) {
    const RegisterTile chosen = choose_tile(count, width, registers);
    bool cheapest = fits(chosen, registers);
    for (std::size_t rows = 1; rows <= std::min<std::size_t>(count, 8); ++rows) {
        for (std::size_t columns = 1; columns <= std::min<std::size_t>(width, 8); ++columns) {
            cheapest &= !fits({rows, columns}, registers) ||
                        half_cycles(count, width, chosen) <= half_cycles(count, width, {rows, columns});
        }
    }
    return cheapest;
}

consteval bool all_cheapest(std::size_t registers) {
    bool all = true;
    for (const std::size_t count : {1U, 2U, 3U, 6U, 8U, 16U, 17U}) {
        for (const std::size_t width : {1U, 3U, 7U, 10U, 28U}) {
            all &= is_cheapest(count, width, registers);
        }
    }
    return all;
}

// 6 tiles of 12 multiply-adds each, and tiles at the edges that wait: 3 of 1 x 4, 2 of 3 x 1, 1 of 1 x 1.
static_assert(half_cycles(7, 13, {3, 4}) == 6 * 12 + 3 * 8 + 2 * 8 + 8);
static_assert(half_cycles(6, 8, {3, 4}) == 4 * 12);
static_assert(all_cheapest(16));
static_assert(all_cheapest(32));
static_assert(choose_tile(6, 28, 16).rows == 2 && choose_tile(6, 28, 16).columns == 6);
// Not 9 on any side, which would be cheaper than 7 and 2.
static_assert(choose_tile(9, 1, 32).rows == 7 && choose_tile(1, 9, 32).columns == 7);

// 12 rows of one sum each need no second pass for 12 channels; of 16 in 12 at most, 8 leave no rest.
static_assert(choose_rows(12, 1, 16) == 12 && choose_rows(16, 1, 16) == 8);
static_assert(choose_rows(16, 1, 32) == 16 && choose_rows(2, 1, 16) == 2);
// Not 13 rows of 16 registers, or 17 of 32: two passes.
static_assert(choose_rows(13, 1, 16) == 7 && choose_rows(17, 1, 32) == 10);
// 4 x 3 sums, 3 factors and one that passes by are 16; 7 x 2 sums would want 17. 4 x 4 sums wait for none of 2 x 4.
static_assert(choose_rows(4, 3, 16) == 4 && choose_rows(12, 3, 16) == 4 && choose_rows(7, 2, 16) == 4);
static_assert(choose_rows(6, 2, 16) == 6 && choose_rows(64, 4, 32) == 4);

static_assert(equal_portion(28, 12) == 10 && equal_portion(24, 12) == 12 && equal_portion(1, 12) == 1);

static_assert(near_bytes == (vector_bytes == 64 ? 32'768 : 16'384));
static_assert(portion_size(28, near_bytes / 18) == 14);
static_assert(portion_size(28, near_bytes) == 1 && portion_size(28, near_bytes + 1) == 1);

}  // namespace

TEST_CASE("the tile of registers is the cheapest that fits", "[kernels]") { SUCCEED("checked when compiled"); }

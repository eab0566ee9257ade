// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/conv2d/geometry.hpp>

#include <cstddef>

#include "catch.hpp"

using namespace ctcnn::detail_::kernels::conv2d;
using ctcnn::detail_::Range;

namespace {

/// Whether `range` holds the pieces of N columns of the input that receive something from every kernel column, and ends
/// with the last piece at most.
constexpr bool is_right(Range range, std::size_t columns, std::size_t padding, std::size_t kernel, std::size_t outputs,
                        std::size_t piece) {
    const std::size_t pieces = (columns + piece - 1) / piece;
    bool right = range.first <= range.last && range.last <= pieces;
    for (std::size_t p = 0; p < pieces; ++p) {
        bool inner = (p + 1) * piece <= columns;
        for (std::size_t column = p * piece; column < (p + 1) * piece; ++column) {
            // From the outputs column + padding - (kernel - 1) to column + padding.
            inner &= column + padding + 1 >= kernel && column + padding < outputs;
        }
        right &= inner == (p >= range.first && p < range.last);
    }
    return right;
}

consteval bool all_right(std::size_t piece) {
    bool right = true;
    for (std::size_t columns = 1; columns <= 12; ++columns) {
        for (std::size_t kernel = 1; kernel <= 9; kernel += 2) {
            for (std::size_t padding = 0; padding < kernel; ++padding) {
                if (columns + 2 * padding >= kernel) {
                    const std::size_t outputs = columns + 2 * padding - kernel + 1;
                    right &= is_right(inner_pieces(columns, padding, kernel, outputs, piece), columns, padding, kernel,
                                      outputs, piece);
                }
            }
        }
    }
    return right;
}

static_assert(all_right(1) && all_right(3));
static_assert(all_right(4) && all_right(7));

}  // namespace

TEST_CASE("the pieces of rows that see the whole kernel", "[kernels]") { SUCCEED("checked when it is compiled"); }

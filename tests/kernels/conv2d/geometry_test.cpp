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

/// Whether PlacesMet has each position that a tap of an output meets, and all are in their order.
template <std::size_t Taps, std::size_t Dilation, std::size_t Outputs, std::size_t Stride>
consteval bool has_all_places() {
    using Places = PlacesMet<Taps, Dilation, Outputs, Stride>;
    std::size_t n = 0;
    for (std::size_t place = 0; place <= (Outputs - 1) * Stride + (Taps - 1) * Dilation; ++place) {
        bool is_met = false;
        for (std::size_t k = 0; k < Taps * Outputs; ++k) {
            is_met = is_met || place == k / Taps * Stride + k % Taps * Dilation;
        }
        const bool is_next = n < Places::count && Places::at(n) == place;
        if (is_met && !is_next) {
            return false;
        }
        n += is_next ? 1 : 0;
    }
    return n == Places::count;
}
static_assert(has_all_places<1, 1, 1, 1>() && has_all_places<3, 1, 20, 1>() && has_all_places<1, 5, 4, 3>());
static_assert(has_all_places<3, 48, 20, 1>() && PlacesMet<3, 48, 20, 1>::count == 60);
static_assert(has_all_places<3, 12, 20, 1>() && PlacesMet<3, 12, 20, 1>::count == 44);
static_assert(has_all_places<3, 2, 1, 7>() && PlacesMet<3, 2, 1, 7>::count == 3);
static_assert(has_all_places<3, 2, 4, 32>() && PlacesMet<3, 2, 4, 32>::count == 12);
static_assert(has_all_places<4, 3, 5, 2>() && has_all_places<2, 4, 2, 4>() && has_all_places<2, 4, 5, 4>());

}  // namespace

TEST_CASE("the pieces of rows that see the whole kernel", "[kernels]") { SUCCEED("checked when it is compiled"); }

// SPDX-License-Identifier: MIT
#include <ctcnn/kernels/unroll.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include "catch.hpp"

using namespace ctcnn::detail_::kernels;

namespace {

/// The pieces of 0, ..., Count - 1: {begin, size}, as they come.
template <std::size_t Count, std::size_t Size>
std::vector<std::array<std::size_t, 2>> pieces() {
    std::vector<std::array<std::size_t, 2>> result;
    for_each_piece<Count, Size>([&](std::size_t begin, auto size) { result.push_back({begin, size}); });
    return result;
}
using Pieces = std::vector<std::array<std::size_t, 2>>;

constexpr std::size_t digits() {
    std::size_t number = 0;
    unroll<5>([&](std::size_t n) { number = 10 * number + n + 1; });
    return number;
}
static_assert(digits() == 12345);

}  // namespace

TEST_CASE("an unrolled loop may have no turn", "[kernels]") {
    unroll<0>([](std::size_t) { FAIL("there is none"); });
    CHECK(pieces<0, 4>().empty());
}

TEST_CASE("pieces cover all and do not overlap", "[kernels]") {
    CHECK(pieces<10, 4>() == Pieces{{0, 4}, {4, 4}, {8, 2}});
    CHECK(pieces<8, 4>() == Pieces{{0, 4}, {4, 4}});
    CHECK(pieces<3, 4>() == Pieces{{0, 3}});
    CHECK(pieces<4, 1>() == Pieces{{0, 1}, {1, 1}, {2, 1}, {3, 1}});
}

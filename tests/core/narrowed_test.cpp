// SPDX-License-Identifier: MIT
#include <ctcnn/core/narrowed.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "catch.hpp"

using namespace ctcnn::detail_;

TEST_CASE("narrowed keeps a number that fits, and has the type that is asked for") {
    static_assert(std::same_as<decltype(narrowed<std::size_t>(std::uint64_t{7})), std::size_t>);
    static_assert(std::same_as<decltype(narrowed<std::uint8_t>(7)), std::uint8_t>);
    static_assert(narrowed<std::uint8_t>(std::uint64_t{255}) == 255);
    CHECK(std::cmp_equal(narrowed<std::size_t>(std::uint64_t{1} << 31), std::uint64_t{1} << 31));
}

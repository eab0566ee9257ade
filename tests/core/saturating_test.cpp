// SPDX-License-Identifier: MIT
#include <ctcnn/core/saturating.hpp>

#include <cstddef>
#include <cstdint>

#include "catch.hpp"

using namespace ctcnn::detail_;

TEST_CASE("sums and products stop at the largest number", "[core]") {
    using N = std::uint64_t;
    constexpr N most = UINT64_MAX;
    STATIC_REQUIRE(uncountable<N> == most);

    STATIC_REQUIRE(saturating_sum<N>({}) == 0);
    STATIC_REQUIRE(saturating_sum<N>({3, 4, 5}) == 12);
    STATIC_REQUIRE(saturating_sum<N>({most - 7, 7}) == most);
    STATIC_REQUIRE(saturating_sum<N>({most - 7, 6}) == most - 1);
    STATIC_REQUIRE(saturating_sum<N>({most - 7, 8}) == most);
    STATIC_REQUIRE(saturating_sum<N>({most, most, 2}) == most);

    STATIC_REQUIRE(saturating_product<N>({}) == 1);
    STATIC_REQUIRE(saturating_product<N>({3, 4, 5}) == 60);
    STATIC_REQUIRE(saturating_product<N>({N{1} << 32, (N{1} << 32) - 1}) == most - ((N{1} << 32) - 1));
    STATIC_REQUIRE(saturating_product<N>({N{1} << 32, N{1} << 32}) == most);
    // A zero makes the product zero, before and behind what is too large.
    STATIC_REQUIRE(saturating_product<N>({most, 0, 2}) == 0);
    STATIC_REQUIRE(saturating_product<N>({most, 2, 0}) == 0);
    STATIC_REQUIRE(saturating_product<N>({most, 1}) == most);
}

TEST_CASE("numbers that are promoted to int stop at their own largest one", "[core]") {
    using N = std::uint8_t;
    STATIC_REQUIRE(saturating_sum<N>({200, 55}) == 255);
    STATIC_REQUIRE(saturating_sum<N>({200, 56}) == 255);
    STATIC_REQUIRE(saturating_product<N>({17, 15}) == 255);
    STATIC_REQUIRE(saturating_product<N>({16, 16}) == 255);
    STATIC_REQUIRE(saturating_product<N>({16, 15}) == 240);
    STATIC_REQUIRE(saturating_product<N>({63, 4}) == 252);
    STATIC_REQUIRE(saturating_product<N>({64, 4}) == 255);
}

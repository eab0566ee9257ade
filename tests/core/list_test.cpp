// SPDX-License-Identifier: MIT
#include <ctcnn/core/list.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

#include "catch.hpp"

using namespace ctcnn::detail_;

namespace {

struct Incomplete;

template <std::size_t... N>
auto numbers(std::index_sequence<N...>) -> List<std::integral_constant<std::size_t, N>...>;

}  // namespace

TEST_CASE("a list has its types in order", "[core]") {
    using Types = List<char, int, char, Incomplete, void, int&>;
    STATIC_REQUIRE(Types::size == 6);
    STATIC_REQUIRE(List<>::size == 0);
    STATIC_REQUIRE(std::is_same_v<At<0, Types>, char>);
    STATIC_REQUIRE(std::is_same_v<At<1, Types>, int>);
    STATIC_REQUIRE(std::is_same_v<At<2, Types>, char>);
    STATIC_REQUIRE(std::is_same_v<At<3, Types>, Incomplete>);
    STATIC_REQUIRE(std::is_same_v<At<4, Types>, void>);
    STATIC_REQUIRE(std::is_same_v<At<5, Types>, int&>);
}

TEST_CASE("lists are joined in order", "[core]") {
    STATIC_REQUIRE(std::is_same_v<decltype(List<int, char>{} + List<void>{} + List<>{} + List<int>{}),
                                  List<int, char, void, int>>);
}

TEST_CASE("a list may be longer than compilers nest templates", "[core]") {
    using Long = decltype(numbers(std::make_index_sequence<2000>{}));
    STATIC_REQUIRE(Long::size == 2000);
    STATIC_REQUIRE(At<0, Long>::value == 0);
    STATIC_REQUIRE(At<1023, Long>::value == 1023);
    STATIC_REQUIRE(At<1999, Long>::value == 1999);
}

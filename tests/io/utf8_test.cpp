// SPDX-License-Identifier: MIT
// Characters in UTF-8.
#include <ctcnn/io/utf8.hpp>

#include <array>
#include <cstddef>
#include <string_view>

#include "catch.hpp"

using namespace ctcnn;

namespace {

constexpr bool is_put_as(char32_t character, std::string_view expected) {
    std::array<char, 4> bytes{};
    const std::size_t count = detail_::io::put_utf8(character, bytes.data());
    return std::string_view(bytes.data(), count) == expected;
}

// The first and the last character of each length, and one with alternating bits.
static_assert(is_put_as(0x01, "\x01") && is_put_as(0x7f, "\x7f"));
static_assert(is_put_as(0x80, "\xc2\x80") && is_put_as(0x7ff, "\xdf\xbf") && is_put_as(0x555, "\xd5\x95"));
static_assert(is_put_as(0x800, "\xe0\xa0\x80") && is_put_as(0xffff, "\xef\xbf\xbf") &&
              is_put_as(0x5555, "\xe5\x95\x95"));
static_assert(is_put_as(0x10000, "\xf0\x90\x80\x80") && is_put_as(0x10ffff, "\xf4\x8f\xbf\xbf") &&
              is_put_as(0x55555, "\xf1\x95\x95\x95"));

}  // namespace

TEST_CASE("characters are put as UTF-8 has them") {
    CHECK(is_put_as(0xe9, "\xc3\xa9"));
    CHECK(is_put_as(0x20ac, "\xe2\x82\xac"));
}

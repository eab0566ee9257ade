// SPDX-License-Identifier: MIT
#include <ctcnn/core/text.hpp>

#include <cstddef>
#include <limits>
#include <string_view>

#include <catch.hpp>

namespace {

using namespace ctcnn;
using namespace ctcnn::detail_;

template <std::size_t Number>
constexpr Text<64> grouped() {
    Text<64> text;
    text.append_grouped(Number);
    return text;
}

static_assert(grouped<0>().view() == "0");
static_assert(grouped<999>().view() == "999");
static_assert(grouped<1000>().view() == "1,000");
static_assert(grouped<61706>().view() == "61,706");
static_assert(grouped<100000>().view() == "100,000");
static_assert(grouped<1000001>().view() == "1,000,001");

constexpr Text<64> real(double number) {
    Text<64> text;
    text.append_real(number);
    return text;
}

// What Python's str writes.
static_assert(real(0.0).view() == "0.0" && real(1.0).view() == "1.0" && real(-0.5).view() == "-0.5");
static_assert(real(0.1).view() == "0.1" && real(0.01).view() == "0.01" && real(0.25).view() == "0.25");
static_assert(real(1e-4).view() == "0.0001" && real(1e-5).view() == "1e-05" && real(2.5e-12).view() == "2.5e-12");
static_assert(real(0.00123).view() == "0.00123" && real(3.14159).view() == "3.14159");
static_assert(real(10.0).view() == "10.0" && real(123456.0).view() == "123456.0" && real(12.5).view() == "12.5");
static_assert(real(1e15).view() == "1000000000000000.0" && real(1e16).view() == "1e+16");
static_assert(real(1e100).view() == "1e+100" && real(1.5e-300).view() == "1.5e-300");
// Six digits.
static_assert(real(0.9999999).view() == "1.0" && real(1.0 / 3).view() == "0.333333");
static_assert(real(9.99999999).view() == "10.0");

TEST_CASE("a text grows at its end", "[text]") {
    Text<64> text;
    CHECK(text.view().empty());
    text.append("n = ");
    text.append_number(61706);
    text.append(2, '!');
    CHECK(text.view() == "n = 61706!!");
}

TEST_CASE("columns are filled up with blanks, and never cut", "[text]") {
    Text<64> text;
    text.append_left("ab", 4);
    text.append_right("cd", 4);
    text.append_left("long", 2);
    text.append_right("long", 2);
    CHECK(text.view() == "ab    cdlonglong");
}

TEST_CASE("blanks are taken off the end only", "[text]") {
    Text<8> text;
    text.append(" a  ");
    text.trim();
    CHECK(text.view() == " a");
    Text<8> blank;
    blank.append(3, ' ');
    blank.trim();
    CHECK(blank.view().empty());
}

TEST_CASE("the largest number fits", "[text]") {
    Text<26> text;
    text.append_grouped(std::numeric_limits<std::size_t>::max());
    CHECK(text.view() == (sizeof(std::size_t) == 8 ? "18,446,744,073,709,551,615" : "4,294,967,295"));
}

}  // namespace

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

static_assert(real(1).view() == "1.0");
static_assert(real(0).view() == "0.0");
static_assert(real(-1).view() == "-1.0");
static_assert(real(0.01).view() == "0.01");
static_assert(real(0.25).view() == "0.25");
static_assert(real(120.5).view() == "120.5");
static_assert(real(2e9).view() == "2000000000.0");
static_assert(real(1e16).view() == "1e+16");
static_assert(real(1.5e300).view() == "1.5e+300");
static_assert(real(1e-4).view() == "0.0001");
static_assert(real(1e-5).view() == "1e-05");
static_assert(real(1e-7).view() == "1e-07");
static_assert(real(2.5e-10).view() == "2.5e-10");
static_assert(real(0.95).view() == "0.95");
static_assert(real(1.0 / 3).view() == "0.3333333333333333");
// Rounded to 16 digits, these become a 1 with zeros.
static_assert(real(0.099999999999999992).view() == "0.1" && real(9.9999999999999991e-05).view() == "0.0001" &&
              real(9.9999999999999991e-06).view() == "1e-05");
static_assert(real(0.1 + 0.2).view().size() == 2 + 16);  // Python writes a 17th digit.

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

// SPDX-License-Identifier: MIT
// Files that are wrong as a whole are in hostile_test.cpp.
#include <ctcnn/io/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace ctcnn;
using detail_::io::append_json_string;
using detail_::io::JsonReader;

namespace {

constexpr std::uint64_t begin = 8;  // of the text in its file

/// Reads all of a text.
template <typename Read>
auto read(std::string text, const Read& take) {
    const std::filesystem::path path("a.json");
    JsonReader reader(text, path, begin);
    if constexpr (std::is_void_v<decltype(take(reader))>) {
        take(reader);
        reader.expect_end();
    } else {
        // A string lives in the text.
        const auto value = take(reader);
        reader.expect_end();
        if constexpr (std::is_same_v<decltype(take(reader)), std::string_view>) {
            return std::string(value);
        } else {
            return value;
        }
    }
}
std::string string_in(const std::string& text) {
    return read(text, [](JsonReader& reader) { return reader.string("a text"); });
}
std::uint64_t number_in(const std::string& text) {
    return read(text, [](JsonReader& reader) { return reader.whole_number("a size"); });
}
void skip(const std::string& text) {
    read(text, [](JsonReader& reader) { reader.skip_value(); });
}

/// Where and why a text is refused.
template <typename F>
void check_refused(const F& f, const std::string& text, std::uint64_t at, const std::string& expected) {
    INFO(text);
    try {
        f(text);
        FAIL("it is accepted");
    } catch (const BadHeader& error) {
        CHECK(error.offset() == begin + at);
        CHECK(error.expected() == expected);
    }
}

}  // namespace

TEST_CASE("strings lose their escapes", "[io]") {
    CHECK(string_in(R"( "0.weight" )") == "0.weight");
    CHECK(string_in(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(string_in(R"("\u0041\u00e9\u20ac")") == "A\xc3\xa9\xe2\x82\xac");
    CHECK(string_in(R"("\ud83d\ude00 \uD83D\uDE00")") == "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80");
    CHECK(string_in(R"("")").empty());
    check_refused(string_in, R"("a\x")", 3, "an escape of JSON");
    check_refused(string_in, R"("\u00g0")", 5, "four hexadecimal digits");
    check_refused(string_in, R"("\ud83d")", 7, "the other half of a character");
    check_refused(string_in, R"("\ude00")", 7, "the other half of a character");
    check_refused(string_in, R"("\ud83d\u0041")", 13, "the other half of a character");
    check_refused(string_in, "\"a\n\"", 2, "the rest of a string, without control characters");
    check_refused(string_in, R"("a)", 2, "the rest of a string, without control characters");
    check_refused(string_in, "7", 0, "a text");
}

TEST_CASE("whole numbers have at most 64 bits", "[io]") {
    CHECK(number_in("0") == 0);
    CHECK(number_in(" 1234567890 ") == 1'234'567'890);
    CHECK(number_in("18446744073709551615") == UINT64_MAX);
    for (const char* text : {"18446744073709551616", "99999999999999999999", "01", "1.0", "1e3", "-1", "", "x"}) {
        check_refused(number_in, text, 0, "a size");
    }
}

TEST_CASE("objects and arrays are taken in order", "[io]") {
    std::string seen;
    read(R"( { "a" : [ 1 , 2 ] , "b" : [ ] , "c" : { } } )", [&](JsonReader& reader) {
        reader.object("an object", [&](std::string_view key) {
            seen += key;
            if (key == "c") {
                reader.object("an object", [&](std::string_view) { seen += "?"; });
            } else {
                reader.array("an array", [&] { seen += std::to_string(reader.whole_number("a number")); });
            }
        });
    });
    CHECK(seen == "a12bc");
    check_refused(skip, "[1,]", 3, "a JSON value");
    check_refused(skip, "[1 2]", 3, "',' or ']'");
    check_refused(skip, R"({"a":1,})", 7, "a key in quotes");
    check_refused(skip, R"({"a" 1})", 5, "':' behind a key");
    check_refused(skip, R"({"a":1 "b":2})", 7, "',' or '}'");
    check_refused(skip, "[] []", 3, "blanks up to the end of the header");
}

TEST_CASE("any value of JSON can be passed over, and nothing else", "[io]") {
    for (const char* text : {"null", "true", "false", "-0", "0.5", "-1.25e-3", "1E+5", "1.7976931348623157e308",
                             "0.00017976931348623157e312", "0e999999999999999999999", "1e-400", R"("a")", "[[],{}]"}) {
        INFO(text);
        CHECK_NOTHROW(skip(text));
    }
    check_refused(skip, "nul", 3, "'null'");
    check_refused(skip, "True", 0, "a JSON value");
    check_refused(skip, "-", 1, "a JSON value");
    check_refused(skip, "1.", 2, "a JSON value");
    check_refused(skip, "1e", 2, "a JSON value");
    check_refused(skip, "-01", 3, "a number without leading zeros");
    check_refused(skip, "1e309", 5, "a number that a double can hold");
    check_refused(skip, "1.7976931348623158e308", 22, "a number that a double can hold");
    check_refused(skip, "179769313486231580000e288", 25, "a number that a double can hold");
}

TEST_CASE("brackets nest 127 levels deep", "[io]") {
    CHECK_NOTHROW(skip(std::string(127, '[') + std::string(127, ']')));
    check_refused(skip, std::string(128, '[') + std::string(128, ']'), 128, "at most 127 levels of brackets");
    // One beside the other is no nesting.
    std::string many = "[[]";
    for (int n = 0; n < 200; ++n) {
        many += ",[]";
    }
    CHECK_NOTHROW(skip(many + "]"));
}

TEST_CASE("a string that is written is read again", "[io]") {
    std::string all;
    for (int byte = 1; byte < 128; ++byte) {
        all += static_cast<char>(byte);
    }
    all += "\xc3\xa9\xf0\x9f\x98\x80";
    std::string written;
    append_json_string(all, written);
    CHECK(string_in(written) == all);
    written.clear();
    append_json_string("a\"\\\n\x01\x1f/\xc3\xa9", written);
    CHECK(written == "\"a\\\"\\\\\\n\\u0001\\u001f/\xc3\xa9\"");
}

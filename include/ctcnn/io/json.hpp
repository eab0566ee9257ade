// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/error.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/utf8.hpp>

namespace CTCNN_DETAIL::io {

/// JsonReader: takes one JSON text apart, from first to last, in its own memory: the text must be UTF-8, and escapes in
/// strings are replaced in place.
/// Refuses  BadHeader for whatever is not JSON, nested deeper than 127 levels, or not of the kind that is asked for
/// Source   RFC 8259
class JsonReader {
public:
    /// `offset` is where the text begins in the file, for errors.
    JsonReader(std::string& text, const std::filesystem::path& file, std::uint64_t offset)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), file_(file), offset_(offset) {}

    /// Calls member(key) for each member of an object; it has to take the value.
    template <typename Member>
    void object(const char* expected, const Member& member) {
        enter('{', expected);
        if (!take('}')) {
            do {
                const std::string_view key = string("a key in quotes");
                expect(':', "':' behind a key");
                member(key);
            } while (take(','));
            expect('}', "',' or '}'");
        }
        --depth_;
    }

    /// Calls element() for each element of an array; it has to take the element.
    template <typename Element>
    void array(const char* expected, const Element& element) {
        enter('[', expected);
        if (!take(']')) {
            do {
                element();
            } while (take(','));
            expect(']', "',' or ']'");
        }
        --depth_;
    }

    /// A string without its escapes. It lives as long as the text.
    std::string_view string(const char* expected) {
        expect('"', expected);
        char* const first = at_;
        char* out = at_;
        while (current() != '"') {
            if (at_ == end_ || static_cast<unsigned char>(*at_) < 0x20) {
                refuse("the rest of a string, without control characters");
            }
            if (*at_ == '\\') {
                ++at_;
                out += unescape(out);
            } else {
                *out++ = *at_++;
            }
        }
        ++at_;
        return {first, static_cast<std::size_t>(out - first)};
    }

    /// A whole number of at most 64 bits, written as digits alone.
    std::uint64_t whole_number(const char* expected) {
        skip_space();
        char* const first = at_;
        std::uint64_t number = 0;
        bool fits = is_digit(current());
        for (; is_digit(current()); ++at_) {
            const auto digit = static_cast<std::uint64_t>(*at_ - '0');
            fits = fits && number <= (std::numeric_limits<std::uint64_t>::max() - digit) / 10;
            number = number * 10 + digit;
        }
        const bool leading_zero = at_ - first > 1 && *first == '0';
        if (!fits || leading_zero || current() == '.' || current() == 'e' || current() == 'E') {
            at_ = first;
            refuse(expected);
        }
        return number;
    }

    /// Any value, whatever it is; its syntax is checked.
    void skip_value() {
        skip_space();
        switch (current()) {
            case '{':
                object("", [this](std::string_view) { skip_value(); });
                break;
            case '[':
                array("", [this] { skip_value(); });
                break;
            case '"':
                string("");
                break;
            case 't':
                word("true");
                break;
            case 'f':
                word("false");
                break;
            case 'n':
                word("null");
                break;
            default:
                skip_number();
        }
    }

    /// null, if it stands here.
    bool take_null() {
        skip_space();
        if (current() != 'n') {
            return false;
        }
        word("null");
        return true;
    }

    void expect_end() {
        skip_space();
        if (at_ != end_) {
            refuse("blanks up to the end of the header");
        }
    }

    /// Where the next value begins.
    const char* place() {
        skip_space();
        return at_;
    }
    /// What has been taken ends here.
    const char* position() const { return at_; }

    [[noreturn, gnu::cold]] void refuse(std::string_view expected) const {
        const std::string_view rest{at_, static_cast<std::size_t>(std::min<std::ptrdiff_t>(end_ - at_, 24))};
        refuse(expected, rest.empty() ? std::string("the end of the header") : sentence({"'", rest, "'"}));
    }
    [[noreturn, gnu::cold]] void refuse(std::string_view expected, std::string found) const {
        throw BadHeader({file_, offset_ + static_cast<std::uint64_t>(at_ - begin_), std::string(expected),
                         std::move(found), "Write the file again with the program that made it.", OffsetIn::file});
    }

private:
    static constexpr int most_levels = 127;

    static constexpr bool is_digit(char c) { return '0' <= c && c <= '9'; }

    /// The character that is next; 0, which no JSON has, at the end.
    char current() const { return at_ == end_ ? '\0' : *at_; }

    void skip_space() {
        while (current() == ' ' || current() == '\t' || current() == '\n' || current() == '\r') {
            ++at_;
        }
    }

    bool take(char c) {
        skip_space();
        const bool is_there = current() == c;
        at_ += is_there ? 1 : 0;
        return is_there;
    }

    void expect(char c, const char* expected) {
        if (!take(c)) {
            refuse(expected);
        }
    }

    void enter(char c, const char* expected) {
        expect(c, expected);
        if (++depth_ > most_levels) {
            refuse("at most 127 levels of brackets", "one more");
        }
    }

    void word(std::string_view spelled) {
        for (const char c : spelled) {
            if (current() != c) {
                refuse(sentence({"'", spelled, "'"}));
            }
            ++at_;
        }
    }

    /// What stands behind a backslash, written to `out`; gives back its length, which is less than that of the escape.
    std::size_t unescape(char* out) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const char letter = current();
        if (const std::size_t index = letters.find(letter); letter != '\0' && index != std::string_view::npos) {
            ++at_;
            *out = meanings[index];
            return 1;
        }
        char32_t character = code_unit();
        if (0xd800 <= character && character < 0xdc00 && current() == '\\') {
            ++at_;
            const char32_t low = code_unit();
            character =
                0xdc00 <= low && low < 0xe000 ? 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00) : 0xd800;
        }
        if (0xd800 <= character && character < 0xe000) {
            refuse("the other half of a character");
        }
        return put_utf8(character, out);
    }

    /// "uXXXX"
    char32_t code_unit() {
        if (current() != 'u') {
            refuse("an escape of JSON");
        }
        ++at_;
        char32_t code = 0;
        for (int n = 0; n < 4; ++n, ++at_) {
            const char c = current();
            const bool letter = ('a' <= c && c <= 'f') || ('A' <= c && c <= 'F');
            if (!letter && !is_digit(c)) {
                refuse("four hexadecimal digits");
            }
            code = code << 4 | static_cast<char32_t>(letter ? (c | 0x20) - 'a' + 10 : c - '0');
        }
        return code;
    }

    std::string_view digits() {
        char* const first = at_;
        while (is_digit(current())) {
            ++at_;
        }
        if (at_ == first) {
            refuse("a JSON value");
        }
        return {first, static_cast<std::size_t>(at_ - first)};
    }

    /// A number of JSON that is not beyond the largest double.
    void skip_number() {
        const char* const first = at_;
        at_ += current() == '-' ? 1 : 0;
        const std::string_view whole = digits();
        std::string_view fraction;
        if (whole.size() > 1 && whole[0] == '0') {
            refuse("a number without leading zeros");
        }
        if (current() == '.') {
            ++at_;
            fraction = digits();
        }
        bool negative = false;
        std::string_view exponent = "0";
        if (current() == 'e' || current() == 'E') {
            ++at_;
            negative = current() == '-';
            at_ += current() == '-' || current() == '+' ? 1 : 0;
            exponent = digits();
        }
        if (is_too_large(whole, fraction, exponent, negative)) {
            refuse("a number that a double can hold",
                   sentence({"'", excerpt({first, static_cast<std::size_t>(at_ - first)}), "'"}));
        }
    }

    static bool is_too_large(std::string_view whole, std::string_view fraction, std::string_view exponent,
                             bool negative) {
        const std::string_view zeros = "0";
        const std::size_t first = whole == zeros ? fraction.find_first_not_of('0') : 0;
        if (first == std::string_view::npos) {
            return false;
        }
        // The number is at least 10^power, and less than ten times as much.
        std::int64_t power =
            whole == zeros ? -1 - static_cast<std::int64_t>(first) : static_cast<std::int64_t>(whole.size()) - 1;
        std::int64_t shift = 0;
        for (const char c : exponent) {
            shift = std::min<std::int64_t>(shift * 10 + (c - '0'), std::int64_t{1} << 40);
        }
        power += negative ? -shift : shift;
        if (power != 308) {
            return power > 308;
        }
        constexpr std::string_view largest = "17976931348623157";
        std::string digits(whole == zeros ? std::string_view{} : whole.substr(0, largest.size()));
        digits.append(fraction.substr(whole == zeros ? first : 0, largest.size() - digits.size()));
        return digits > largest;
    }

    char* begin_;
    char* at_;
    char* end_;
    const std::filesystem::path& file_;
    std::uint64_t offset_;
    int depth_ = 0;
};

/// Appends a string as JSON, in quotes; it must be UTF-8. Only what must be escaped is.
inline void append_json_string(std::string_view text, std::string& out) {
    constexpr std::string_view plain = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    constexpr std::string_view digits = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (const std::size_t index = plain.find(c); index != std::string_view::npos) {
            out.append(1, '\\').append(1, letters[index]);
        } else if (byte < 0x20) {
            out.append("\\u00").append(1, digits[byte >> 4]).append(1, digits[byte & 0xf]);
        } else {
            out += c;
        }
    }
    out += '"';
}

}  // namespace CTCNN_DETAIL::io

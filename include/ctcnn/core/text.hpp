// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Writes the digits of a number, and says how many characters these are.
constexpr std::size_t write_digits(char* text, std::uint64_t number, bool grouped) {
    char digits[20]{};  // as many as a number of 64 bits has at most
    std::size_t count = 0;
    do {
        digits[count++] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    std::size_t length = 0;
    while (count-- > 0) {
        text[length++] = digits[count];
        if (grouped && count % 3 == 0 && count != 0) {
            text[length++] = ',';
        }
    }
    return length;
}

/// Text: characters put together in a constant expression; at most Capacity of them. One more does not compile there.
template <std::size_t Capacity>
struct Text {
    char characters[Capacity == 0 ? 1 : Capacity]{};
    std::size_t length = 0;

    constexpr std::string_view view() const { return {characters, length}; }

    constexpr void append(std::string_view part) {
        for (const char c : part) {
            characters[length++] = c;
        }
    }
    constexpr void append(std::size_t count, char c) {
        for (std::size_t i = 0; i < count; ++i) {
            characters[length++] = c;
        }
    }
    /// Decimal: 61706 is "61706".
    constexpr void append_number(std::uint64_t number) { append_digits(number, false); }
    /// With a comma every three digits: 61706 is "61,706".
    constexpr void append_grouped(std::uint64_t number) { append_digits(number, true); }

    /// As Python prints a float: "0.01", "1.0", "1e-05"; correct to 15 digits.
    constexpr void append_real(double number) {
        if (number < 0) {
            append("-");
            number = -number;
        }
        int exponent = 0;  // of the first digit
        for (double power = 10; number >= power; power *= 10) {
            ++exponent;
        }
        for (double power = 1; number > 0 && number * power < 1; power *= 10) {
            --exponent;
        }
        // The fewest digits that are the number once more.
        std::uint64_t digits = 0;
        int count = 0;
        for (bool same = false; !same && count < 16;) {
            ++count;
            double power = 1;
            const int places = count - 1 - exponent;
            for (int i = 0; i < (places < 0 ? -places : places); ++i) {
                power *= 10;
            }
            digits = static_cast<std::uint64_t>((places < 0 ? number / power : number * power) + 0.5);
            const double again = places < 0 ? static_cast<double>(digits) * power : static_cast<double>(digits) / power;
            same = !(again < number) && !(number < again);
        }
        std::array<char, 32> text{};
        std::size_t size = static_cast<std::size_t>(count);
        for (std::size_t i = size; i-- > 0; digits /= 10) {
            text[i] = static_cast<char>('0' + digits % 10);
        }
        if (digits != 0) {  // 99 has become 100
            text = {'1'};
            size = 1;
            ++exponent;
        }
        while (size > 1 && text[size - 1] == '0') {
            --size;
        }
        const char* const first = text.data();
        const std::string_view shown(first, size);
        if (exponent < -4 || exponent >= 16) {
            append(shown.substr(0, 1));
            append(size > 1 ? "." : "");
            append(shown.substr(1));
            append(exponent < 0 ? "e-" : "e+");
            append(exponent > -10 && exponent < 10 ? "0" : "");
            append_number(static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent));
        } else if (exponent < 0) {
            append("0.");
            append(static_cast<std::size_t>(-exponent - 1), '0');
            append(shown);
        } else {
            const auto whole = static_cast<std::size_t>(exponent) + 1;
            append(shown.substr(0, whole));
            append(whole > size ? whole - size : 0, '0');
            append(".");
            append(whole < size ? shown.substr(whole) : "0");
        }
    }

    /// Takes blanks off the end.
    constexpr void trim() {
        while (view().ends_with(' ')) {
            --length;
        }
    }

    /// Fills up with blanks to a width.
    constexpr void append_left(std::string_view part, std::size_t width) {
        append(part);
        append(width > part.size() ? width - part.size() : 0, ' ');
    }
    constexpr void append_right(std::string_view part, std::size_t width) {
        append(width > part.size() ? width - part.size() : 0, ' ');
        append(part);
    }

private:
    constexpr void append_digits(std::uint64_t number, bool grouped) {
        length += write_digits(characters + length, number, grouped);
    }
};

/// Name: a text as an argument of a template.
template <std::size_t Length>
struct Name {
    char characters[Length + 1];

    /// Of a text in quotes, as in layer<"stem">().
    consteval Name(const char (&text)[Length + 1]) : Name(std::string_view(text, Length)) {}
    consteval explicit Name(std::string_view text) {
        for (std::size_t i = 0; i < Length; ++i) {
            characters[i] = text[i];
        }
        characters[Length] = '\0';  // With it, clang prints the text, and not numbers.
    }
    constexpr std::string_view view() const { return {characters, Length}; }
};
template <std::size_t Size>
Name(const char (&)[Size]) -> Name<Size - 1>;

/// Description: a layer as PyTorch spells it, "Conv2d(1, 6, kernel_size=5, padding=2)"; long enough for eleven numbers
/// of 20 digits.
using Description = Text<320>;

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// Text: characters put together in a constant expression; at most Capacity of them. One more does not compile there.
template <std::size_t Capacity>
struct Text {
    std::array<char, Capacity> characters{};
    std::size_t length = 0;

    constexpr std::string_view view() const { return {characters.data(), length}; }

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

    /// A finite number with up to six digits, as Python writes it: 0.1, 2.0, 1e-05.
    constexpr void append_real(double number) {
        if (number < 0) {
            append("-");
            number = -number;
        }
        int exponent = 0;
        for (; number >= 10; ++exponent) {
            number /= 10;
        }
        for (; number > 0 && number < 1; --exponent) {
            number *= 10;
        }
        auto rounded = static_cast<std::uint64_t>(number * 1e5 + 0.5);
        if (rounded == 1'000'000) {
            rounded = 100'000;
            ++exponent;
        }
        std::array<char, 6> digits{};
        std::size_t count = 1;
        for (std::size_t i = digits.size(); i-- > 0; rounded /= 10) {
            digits[i] = static_cast<char>('0' + rounded % 10);
            count = digits[i] != '0' && i >= count ? i + 1 : count;
        }
        const bool scientific = exponent < -4 || exponent > 15;
        if (!scientific && exponent < 0) {
            append("0.");
            append(static_cast<std::size_t>(-1 - exponent), '0');
            append({digits.data(), count});
            return;
        }
        const std::size_t whole = scientific ? 1 : static_cast<std::size_t>(exponent) + 1;
        for (std::size_t i = 0; i < count || i < whole; ++i) {
            append(i == whole ? "." : "");
            append(1, i < count ? digits[i] : '0');
        }
        if (scientific) {
            append(exponent < 0 ? "e-" : "e+");
            const int size = exponent < 0 ? -exponent : exponent;
            append(size < 10 ? "0" : "");
            append_number(static_cast<std::uint64_t>(size));
        } else if (count <= whole) {
            append(".0");
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
        std::array<char, 20> digits{};  // as many as a number of 64 bits has at most
        std::size_t count = 0;
        do {
            digits[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (count-- > 0) {
            characters[length++] = digits[count];
            if (grouped && count % 3 == 0 && count != 0) {
                characters[length++] = ',';
            }
        }
    }
};

/// Name: a text as an argument of a template.
template <std::size_t Length>
struct Name {
    char characters[Length + 1];

    consteval explicit Name(std::string_view text) {
        for (std::size_t i = 0; i < Length; ++i) {
            characters[i] = text[i];
        }
        characters[Length] = '\0';  // With it, clang prints the text, and not numbers.
    }
    constexpr std::string_view view() const { return {characters, Length}; }
};

/// Description: a layer as PyTorch spells it, "Conv2d(1, 6, kernel_size=5, padding=2)"; long enough for eleven numbers
/// of 20 digits.
using Description = Text<320>;

}  // namespace CTCNN_DETAIL

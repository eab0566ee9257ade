// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL::io {

/// The length of the UTF-8 character that a text begins with; 0 where its bytes are none.
/// Source   RFC 3629: no character is longer than needed, none is a surrogate, none is above U+10FFFF
constexpr std::size_t utf8_length(std::string_view text) {
    const auto byte = [text](std::size_t n) { return static_cast<unsigned char>(text[n]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) {
        return 1;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
        return 0;
    }
    const unsigned char least_second = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char most_second = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least_second || byte(1) > most_second) {
        return 0;
    }
    for (std::size_t n = 2; n < length; ++n) {
        if ((byte(n) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return length;
}

/// Where a text stops being UTF-8; its size if it does not.
constexpr std::size_t utf8_valid_size(std::string_view text) {
    std::size_t valid = 0;
    while (valid < text.size()) {
        const std::size_t length = utf8_length(text.substr(valid));
        if (length == 0) {
            break;
        }
        valid += length;
    }
    return valid;
}

/// Writes a character as UTF-8; gives back how many bytes it has.
constexpr std::size_t put_utf8(char32_t character, char* out) {
    const auto continuation = [character](unsigned shift) {
        return static_cast<char>(0x80 | (static_cast<unsigned>(character) >> shift & 0x3f));
    };
    const auto first = [character](unsigned mark, unsigned shift) {
        return static_cast<char>(mark | static_cast<unsigned>(character) >> shift);
    };
    if (character < 0x80) {
        out[0] = first(0, 0);
        return 1;
    }
    if (character < 0x800) {
        out[0] = first(0xc0, 6);
        out[1] = continuation(0);
        return 2;
    }
    if (character < 0x10000) {
        out[0] = first(0xe0, 12);
        out[1] = continuation(6);
        out[2] = continuation(0);
        return 3;
    }
    out[0] = first(0xf0, 18);
    out[1] = continuation(12);
    out[2] = continuation(6);
    out[3] = continuation(0);
    return 4;
}

}  // namespace CTCNN_DETAIL::io

// SPDX-License-Identifier: MIT
#include "pixels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mnist {

namespace {

/// A colour of the palette.
struct Colour {
    std::uint8_t red;
    std::uint8_t green;
    std::uint8_t blue;
    std::uint8_t alpha;
};

/// Shades from transparent to full, of ink and of each sign.
constexpr std::size_t shades = 24;

constexpr std::uint8_t alpha_of(std::size_t shade) { return static_cast<std::uint8_t>(shade * 255 / shades); }

std::uint32_t crc32(std::string_view bytes) {
    static const std::array<std::uint32_t, 256> table = [] {
        std::array<std::uint32_t, 256> result{};
        for (std::uint32_t n = 0; n < 256; ++n) {
            std::uint32_t c = n;
            for (int k = 0; k < 8; ++k) {
                c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
            }
            result[n] = c;
        }
        return result;
    }();
    std::uint32_t crc = 0xffffffffU;
    for (const char byte : bytes) {
        crc = table[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ (crc >> 8);
    }
    return ~crc;
}

std::uint32_t adler32(std::string_view bytes) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char byte : bytes) {
        a = (a + static_cast<std::uint8_t>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

void append_big_endian(std::string& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(number >> shift & 0xff));
    }
}

void append_chunk(std::string& png, std::string_view type, std::string_view data) {
    append_big_endian(png, static_cast<std::uint32_t>(data.size()));
    const std::string typed = std::string(type).append(data);
    png += typed;
    append_big_endian(png, crc32(typed));
}

/// A zlib stream whose blocks are stored as they are: the pictures are small.
std::string stored(std::string_view bytes) {
    constexpr std::size_t largest_block = 65535;
    std::string result = "\x78\x01";
    for (std::size_t begin = 0; begin < bytes.size(); begin += largest_block) {
        const std::string_view block = bytes.substr(begin, largest_block);
        result.push_back(begin + block.size() == bytes.size() ? 1 : 0);
        const auto size = static_cast<std::uint32_t>(block.size());
        for (const std::uint32_t number : {size, ~size}) {
            result.push_back(static_cast<char>(number & 0xff));
            result.push_back(static_cast<char>(number >> 8 & 0xff));
        }
        result += block;
    }
    append_big_endian(result, adler32(bytes));
    return result;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            bits = bits << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            text += i + k <= bytes.size() ? digits[bits >> (18 - 6 * k) & 63] : '=';
        }
    }
    return text;
}

/// Source: W3C, Portable Network Graphics (PNG) Specification, third edition.
std::string png_uri(const std::vector<Colour>& palette, const std::string& indices, std::size_t width) {
    const std::size_t height = indices.size() / width;
    std::string png = "\x89PNG\r\n\x1a\n";
    std::string header;
    append_big_endian(header, static_cast<std::uint32_t>(width));
    append_big_endian(header, static_cast<std::uint32_t>(height));
    header.append({8, 3, 0, 0, 0});  // bits of an index, colours of a palette, deflate, filters, not interlaced
    append_chunk(png, "IHDR", header);
    std::string colours;
    std::string alphas;
    for (const Colour& colour : palette) {
        for (const std::uint8_t part : {colour.red, colour.green, colour.blue}) {
            colours.push_back(static_cast<char>(part));
        }
        alphas.push_back(static_cast<char>(colour.alpha));
    }
    append_chunk(png, "PLTE", colours);
    append_chunk(png, "tRNS", alphas);
    std::string rows;
    for (std::size_t row = 0; row < height; ++row) {
        rows.push_back(0);  // no filter
        rows.append(indices, row * width, width);
    }
    append_chunk(png, "IDAT", stored(rows));
    append_chunk(png, "IEND", "");
    return "data:image/png;base64," + base64(png);
}

/// From 0 to `shades`; NaN is 0.
std::size_t shade_of(float part) {
    return part > 0 ? static_cast<std::size_t>(std::lround(std::min(part, 1.0f) * static_cast<float>(shades))) : 0;
}

}  // namespace

std::string ink_uri(std::span<const float> pixels, std::size_t width) {
    static const std::vector<Colour> palette = [] {
        std::vector<Colour> colours;
        for (std::size_t shade = 0; shade <= shades; ++shade) {
            colours.push_back({0, 0, 0, alpha_of(shade)});
        }
        return colours;
    }();
    std::string indices;
    for (const float pixel : pixels) {
        indices.push_back(static_cast<char>(shade_of(pixel)));
    }
    return png_uri(palette, indices, width);
}

std::string signed_uri(std::span<const float> values, std::size_t width, float largest) {
    static const std::vector<Colour> palette = [] {
        std::vector<Colour> colours;
        for (std::size_t shade = 0; shade <= shades; ++shade) {
            colours.push_back({58, 117, 226, alpha_of(shade)});
        }
        for (std::size_t shade = 0; shade <= shades; ++shade) {
            colours.push_back({230, 112, 26, alpha_of(shade)});
        }
        return colours;
    }();
    std::string indices;
    for (const float value : values) {
        const std::size_t shade = shade_of(std::abs(value) / largest);
        indices.push_back(static_cast<char>(value < 0 ? shades + 1 + shade : shade));
    }
    while (indices.size() % width != 0) {
        indices.push_back(0);
    }
    return png_uri(palette, indices, width);
}

}  // namespace mnist

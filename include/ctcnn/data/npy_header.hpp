// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ctcnn/core/float_formats.hpp>
#include <ctcnn/core/target.hpp>

// What a .npy file says of itself, and the elements in it.
namespace CTCNN_DETAIL {

/// NpyType: a type of elements, as 'descr' spells it: '<f4' are little-endian floats of 4 bytes.
struct NpyType {
    char kind = 0;  ///< b: bool, i and u: integers, f: floating point
    std::size_t bytes = 0;
    bool is_big = false;  ///< big-endian

    bool is_integer() const { return kind != 'f'; }
    bool is_byte() const { return kind == 'u' && bytes == 1; }
};

/// The type that a text spells; none where the library does not read it.
constexpr std::optional<NpyType> npy_type(std::string_view text) {
    if (text.size() != 3) {
        return {};
    }
    const NpyType type{text[1], static_cast<std::size_t>(text[2] - '0'), text[0] == '>'};
    const bool has_order = text[0] == '<' || text[0] == '>' || (text[0] == '|' && type.bytes == 1);
    const std::string_view sizes = type.kind == 'b'                       ? "1"
                                   : type.kind == 'i' || type.kind == 'u' ? "1248"
                                   : type.kind == 'f'                     ? "248"
                                                                          : "";
    return has_order && sizes.find(text[2]) != std::string_view::npos ? std::optional(type) : std::nullopt;
}

/// An element of a file.
template <typename T>
T npy_element(const std::uint8_t* bytes, const NpyType& type) {
    std::uint64_t bits = 0;
    for (std::size_t n = 0; n < type.bytes; ++n) {
        bits |= std::uint64_t{bytes[type.is_big ? type.bytes - 1 - n : n]} << (8 * n);
    }
    if (type.kind == 'f') {
        return type.bytes == 8   ? static_cast<T>(std::bit_cast<double>(bits))
               : type.bytes == 4 ? static_cast<T>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                                 : static_cast<T>(std::bit_cast<double>(formats::widen<formats::float16_format>(bits)));
    }
    if (type.kind == 'i') {
        const std::size_t unused = 64 - 8 * type.bytes;
        return static_cast<T>(static_cast<std::int64_t>(bits << unused) >> unused);
    }
    return static_cast<T>(bits);
}

/// NpyHeader: the dictionary of a file, {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }.
struct NpyHeader {
    std::string descr;
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

/// NpyParser: reads such a dictionary, and nothing else that Python can write.
class NpyParser {
public:
    explicit NpyParser(std::string_view text) : text_(text) {}

    /// None where the text is something else; position() is where.
    std::optional<NpyHeader> parse() {
        NpyHeader header;
        std::array<bool, 3> seen{};
        if (!take('{')) {
            return {};
        }
        while (!take('}')) {
            const std::optional<std::string> key = string();
            if (!key || !take(':')) {
                return {};
            }
            const std::size_t which = *key == "descr" ? 0 : *key == "fortran_order" ? 1 : *key == "shape" ? 2 : 3;
            if (which == 3 || seen[which]) {
                return {};
            }
            seen[which] = true;
            if (!(which == 0 ? descr(header) : which == 1 ? order(header) : shape(header))) {
                return {};
            }
            if (!take(',') && !at('}')) {
                return {};
            }
        }
        skip();
        return position_ == text_.size() && seen[0] && seen[1] && seen[2] ? std::optional(header) : std::nullopt;
    }

    std::size_t position() const { return position_; }

private:
    static constexpr std::size_t largest_rank = 64;  // of NumPy 2

    void skip() { position_ = std::min(text_.find_first_not_of(" \n\t", position_), text_.size()); }
    bool at(char c) {
        skip();
        return position_ < text_.size() && text_[position_] == c;
    }
    bool take(char c) {
        const bool there = at(c);
        position_ += there ? 1 : 0;
        return there;
    }
    bool take(std::string_view word) {
        skip();
        const bool there = text_.substr(position_).starts_with(word);
        position_ += there ? word.size() : 0;
        return there;
    }
    std::optional<std::string> string() {
        const char quote = at('"') ? '"' : '\'';
        if (!take(quote)) {
            return {};
        }
        const std::size_t end = text_.find(quote, position_);
        if (end == std::string_view::npos) {
            return {};
        }
        const std::string_view found = text_.substr(position_, end - position_);
        position_ = end + 1;
        return found.find('\\') == std::string_view::npos ? std::optional(std::string(found)) : std::nullopt;
    }
    bool descr(NpyHeader& header) {
        if (const std::optional<std::string> found = string()) {
            header.descr = *found;
            return true;
        }
        return false;
    }
    bool order(NpyHeader& header) {
        header.fortran_order = take("True");
        return header.fortran_order || take("False");
    }
    bool shape(NpyHeader& header) {
        if (!take('(')) {
            return false;
        }
        while (!take(')')) {
            skip();
            const std::size_t begin = position_;
            std::uint64_t size = 0;
            for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
                const auto digit = static_cast<std::uint64_t>(text_[position_] - '0');
                if (size > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) {
                    return false;
                }
                size = 10 * size + digit;
            }
            if (position_ == begin || header.shape.size() == largest_rank) {
                return false;
            }
            header.shape.push_back(size);
            if (!take(',') && !at(')')) {
                return false;
            }
        }
        return true;
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

}  // namespace CTCNN_DETAIL

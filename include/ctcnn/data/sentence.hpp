// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>

// Sentences of errors. The functions stay out of line, so that a sentence costs the compiler little wherever it stands.
namespace CTCNN_DETAIL {

/// The parts of a sentence.
using Parts = std::initializer_list<std::string_view>;

/// The parts one behind the other.
[[gnu::cold, gnu::noinline]] inline std::string sentence(Parts parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text.append(part);
    }
    return text;
}

/// Decimal: an integer in decimal digits. It allocates nothing: a sentence has no strings to destroy where it fails.
class Decimal {
public:
    [[gnu::cold, gnu::noinline]] explicit Decimal(std::uint64_t magnitude, bool is_negative = false) {
        do {
            characters_[--begin_] = static_cast<char>('0' + magnitude % 10);
            magnitude /= 10;
        } while (magnitude != 0);
        if (is_negative) {
            characters_[--begin_] = '-';
        }
    }
    operator std::string_view() const { return {characters_ + begin_, sizeof characters_ - begin_}; }

private:
    char characters_[20];  // as many as a number of 64 bits has at most, or 19 and a sign
    std::size_t begin_ = sizeof characters_;
};

inline Decimal decimal(std::uint64_t number) { return Decimal(number); }
inline Decimal decimal_signed(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return Decimal(number < 0 ? 0 - bits : bits, number < 0);
}

}  // namespace CTCNN_DETAIL

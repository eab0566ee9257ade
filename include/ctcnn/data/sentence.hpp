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

/// The parts one behind the other.
[[gnu::cold, gnu::noinline]] inline std::string sentence(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text.append(part);
    }
    return text;
}

[[gnu::cold, gnu::noinline]] inline std::string decimal(std::uint64_t number) { return std::to_string(number); }
[[gnu::cold, gnu::noinline]] inline std::string decimal_signed(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return number < 0 ? sentence({"-", decimal(0 - bits)}) : decimal(bits);
}

}  // namespace CTCNN_DETAIL

// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace mnist {

/// The word that was probably meant: one that begins the same, or that few edits lead to; empty if none is near.
std::string closest(std::string_view word, const std::vector<std::string>& words);

/// The fewest digits that are read as this number again.
std::string shortest(auto number) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

}  // namespace mnist

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// The name of a type as the compiler prints it, in what it says of this function: "... [T = ctcnn::Linear<256, 120>]",
/// "... [with T = ctcnn::Linear<256, 120>; ...]".
template <typename T>
consteval std::string_view printed() {
    std::string_view text = __PRETTY_FUNCTION__;
    text.remove_prefix(text.find("T = ") + 4);
    const std::size_t end = text.find("; std::string_view");
    return text.substr(0, end != text.npos ? end : text.find_last_of("]"));
}

/// Appends a type as a program spells it: without the namespace of the library, and at most so many characters.
template <typename T>
constexpr void append_spelling(auto& text, std::size_t most = 200) {
    std::string_view rest = printed<T>();
    const std::size_t end = text.length + most;
    while (!rest.empty()) {
        if (rest.starts_with("ctcnn::")) {
            rest.remove_prefix(7);
        } else if (rest.starts_with("> >")) {
            rest.remove_prefix(2);
            text.append(">");
        } else if (text.length == end) {
            text.append("...");
            return;
        } else {
            text.append(rest.substr(0, 1));
            rest.remove_prefix(1);
        }
    }
}

}  // namespace CTCNN_DETAIL

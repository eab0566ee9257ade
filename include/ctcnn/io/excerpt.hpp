// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>

namespace CTCNN_DETAIL::io {

/// What a message shows of a text of a file: escaped, and its beginning alone if it is long. A copy of all of it might
/// take as much memory as the file.
[[gnu::cold]] inline std::string excerpt(std::string_view text) {
    constexpr std::size_t most = 200;
    return text.size() <= most ? printable(text) : printable(text.substr(0, most)).append("...");
}

}  // namespace CTCNN_DETAIL::io

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mnist {

/// The word that was probably meant: one that begins the same, or that few edits lead to; empty if none is near.
std::string closest(std::string_view word, const std::vector<std::string>& words);

}  // namespace mnist

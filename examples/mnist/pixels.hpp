// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>

// Pictures inside of a page: PNG files as data URIs. They are transparent where there is nothing, so that they stand on
// light and on dark paper.
namespace mnist {

/// Ink: 0 is transparent, 1 is black. The page turns it to white where its paper is dark.
std::string ink_uri(std::span<const float> pixels, std::size_t width);

/// Values of both signs: 0 is transparent, `largest` and more full blue, and -largest and less full orange. A last row
/// may be incomplete.
std::string signed_uri(std::span<const float> values, std::size_t width, float largest);

}  // namespace mnist

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "screen.hpp"
#include "training.hpp"

namespace mnist {

/// The lines of an image's drawing, of half as many lines as pixels: of those side x side pixels in the middle of which
/// its ink lies.
std::vector<std::string> drawing_of(const Screen& screen, const Digits::image_type& image, std::size_t side);

/// Picture: an image, and the lines above it.
struct Picture {
    const Digits::image_type* image;
    std::vector<std::string> captions;
};

/// How many drawings of a size there is room for beside one another: at least one, at most three.
std::size_t pictures_in_a_row(const Screen& screen, std::size_t side);

/// Pictures side by side, in rows. All have equally many captions.
std::string picture_rows(const Screen& screen, const std::vector<Picture>& pictures, std::size_t side);

}  // namespace mnist

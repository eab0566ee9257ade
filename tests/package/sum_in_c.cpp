// SPDX-License-Identifier: MIT
#include <algorithm>

#include "library.hpp"

float sum_in_c(const float* pixels) {
    Image image{};
    std::copy_n(pixels, image.size(), image.data());
    float result = 0;
    for (const float value : image.span()) {
        result += value;
    }
    return result;
}

// SPDX-License-Identifier: MIT
#include "library.hpp"

float sum(const Image& image) {
    float result = 0;
    for (const float value : image.span()) {
        result += value;
    }
    return result;
}

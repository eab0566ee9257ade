// SPDX-License-Identifier: MIT
#include <cstddef>

#include "digits.hpp"
#include "images.hpp"

#ifndef LABEL
#define LABEL 7
#endif

constexpr LeNet::input_tensor image_of(std::size_t index) {
    LeNet::input_tensor image{};
    for (std::size_t n = 0; n < image.size(); ++n) {
        image.values[n] = static_cast<float>(test_digits[index][n]) / 255.0f;
    }
    return image;
}

static_assert(predict(digits, image_of(0)) == LABEL);

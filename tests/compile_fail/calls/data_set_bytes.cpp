// SPDX-License-Identifier: MIT
//
// Pixels that are bytes: whether they are to be divided by 255 is not known.
//
// EXPECT: bytes and other numbers are converted first
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Pixel = float;
#else
using Pixel = std::uint8_t;
#endif

Dataset<Shape<1, 28, 28>> make(const std::vector<Pixel>& pixels, const std::vector<int>& labels) {
    return Dataset<Shape<1, 28, 28>>(pixels, labels);
}

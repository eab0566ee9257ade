// SPDX-License-Identifier: MIT
//
// A data set has one target for each image.
//
// EXPECT: MixUp is for augmented
#include <ctcnn/data/transforms.hpp>

using namespace ctcnn;

auto flipped(const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    return transformed(data, RandomHorizontalFlip{});
#else
    return transformed(data, RandomHorizontalFlip{}, MixUp{});
#endif
}

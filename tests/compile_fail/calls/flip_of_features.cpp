// SPDX-License-Identifier: MIT
//
// Elements that are no rows of an image.
//
// EXPECT: RandomHorizontalFlip takes images, of Shape<C, H, W>
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using S = Shape<1, 4, 4>;
#else
using S = Shape<16>;
#endif

Dataset<S> flipped(const Dataset<S>& data) { return transformed(data, RandomHorizontalFlip{}); }

// SPDX-License-Identifier: MIT
//
// Images are mixed behind the transforms of each.
//
// EXPECT: MixUp is the last one of augmented
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 2>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    fit(net, augmented(data, RandomHorizontalFlip{}, MixUp{}), SGD{});
#else
    fit(net, augmented(data, MixUp{}, RandomHorizontalFlip{}), SGD{});
#endif
}

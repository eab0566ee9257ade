// SPDX-License-Identifier: MIT
//
// Transforms of transforms, of which training would apply the outer ones alone.
//
// EXPECT: the data set is augmented already: give augmented.* all transforms at once
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

void train(Net& net, const Dataset<Net::input_shape>& data) {
#ifndef CTCNN_REJECT
    fit(net, augmented(data, RandomHorizontalFlip{}, RandomCrop{}), SGD{});
#else
    const auto flipped = augmented(data, RandomHorizontalFlip{});
    fit(net, augmented(flipped, RandomCrop{}), SGD{});
#endif
}

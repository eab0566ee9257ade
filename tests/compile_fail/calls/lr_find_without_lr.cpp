// SPDX-License-Identifier: MIT
//
// A learning rate is searched for an optimizer that has one.
//
// EXPECT: lr_find chooses the learning rate of an optimizer with a member lr
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    lr_find(net, data, AdamW{}).suggestion();
#else
    lr_find(net, data, ParameterGroups(AdamW{}, freeze<"stem">())).suggestion();
#endif
}

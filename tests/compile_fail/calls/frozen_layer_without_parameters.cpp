// SPDX-License-Identifier: MIT
//
// A layer that has no parameters cannot be frozen.
//
// EXPECT: no parameter of the network has this name
// LINES: 13
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    Trainer(net, EMA(ParameterGroups(SGD{}, freeze<"stem">()))).fit(data);
#else
    Trainer(net, EMA(ParameterGroups(SGD{}, freeze<"1">()))).fit(data);
#endif
}

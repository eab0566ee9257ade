// SPDX-License-Identifier: MIT
//
// An average is one of all parameters.
//
// EXPECT: averages go around the groups
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    Trainer(net, EMA(ParameterGroups(SGD{}, freeze<"stem">()))).fit(data);
#else
    Trainer(net, ParameterGroups(EMA(SGD{}), freeze<"stem">())).fit(data);
#endif
}

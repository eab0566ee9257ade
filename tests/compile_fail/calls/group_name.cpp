// SPDX-License-Identifier: MIT
//
// A group of parameters with a name that the network does not have.
//
// EXPECT: no parameter of the network has this name
// LINES: 13
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    fit(net, data, ParameterGroups(SGD{}, group<"stem", "3.bias">(SGD{.lr = 0.1f}), freeze<"3">()));
#else
    fit(net, data, ParameterGroups(SGD{}, group<"steem", "3.bias">(SGD{.lr = 0.1f}), freeze<"3">()));
#endif
}

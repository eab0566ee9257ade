// SPDX-License-Identifier: MIT
//
// Groups of parameters have one type of optimizer.
//
// EXPECT: the groups of ParameterGroups have optimizers of one type
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    fit(net, data, ParameterGroups(AdamW{}, group<"stem">(AdamW{.lr = 0.1f})));
#else
    fit(net, data, ParameterGroups(AdamW{}, group<"stem">(SGD{.lr = 0.1f})));
#endif
}

// SPDX-License-Identifier: MIT
//
// Classes of which there is one: two classes need two outputs.
//
// EXPECT: CrossEntropyLoss of one output is always 0
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Linear<4, 2>>;
#else
using Net = Sequential<Input<4>, Linear<4, 1>>;
#endif

void train(Net& net, const Dataset<Shape<4>>& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
    value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
}

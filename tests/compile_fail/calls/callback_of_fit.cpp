// SPDX-License-Identifier: MIT
//
// Behind the first callback there are callbacks alone.
//
// LINES: 14
// EXPECT: the arguments of fit behind the loss are callbacks, such as EarlyStopping
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    fit(net, data, SGD{}, {}, Validation{data}, EarlyStopping{});
#else
    fit(net, data, SGD{}, {}, Validation{data}, 5);
#endif
}

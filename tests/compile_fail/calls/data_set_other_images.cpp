// SPDX-License-Identifier: MIT
//
// Images of another shape.
//
// EXPECT: images\(\) must give contiguous elements of Net::input_tensor
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 3>>;

#ifndef CTCNN_REJECT
using Data = Dataset<Shape<4>>;
#else
using Data = Dataset<Shape<5>>;
#endif

void train(Net& net, const Data& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
}

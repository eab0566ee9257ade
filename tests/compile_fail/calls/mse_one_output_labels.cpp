// SPDX-License-Identifier: MIT
//
// A label is a target that is 1 at the label: of one output, always.
//
// EXPECT: this is not a loss that takes labels of a network with one output
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 1>>;

#ifndef CTCNN_REJECT
using Target = Net::output_tensor;
#else
using Target = std::uint8_t;
#endif

void train(Net& net, const Dataset<Shape<4>, float, Target>& data) {
    fit(net, data, SGD{}, {}, MSELoss{});
    evaluate(net, data, 0, MSELoss{});
    value_and_grad(net, MSELoss{}, data.images(), data.targets());
}

// SPDX-License-Identifier: MIT
//
// A loss of labels meets tensors.
//
// EXPECT: this loss does not take these targets: CrossEntropyLoss takes labels, MSELoss labels or tensors
// LINES: 20
#include <ctcnn/training.hpp>

#include <vector>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Loss = MSELoss;
#else
using Loss = CrossEntropyLoss;
#endif

using Net = Sequential<Input<4>, Linear<4, 2>>;

float mean(const Net& net, const std::vector<Net::input_tensor>& images,
           const std::vector<Net::output_tensor>& targets) {
    return value_and_grad(net, Loss{}, images, targets).loss;
}

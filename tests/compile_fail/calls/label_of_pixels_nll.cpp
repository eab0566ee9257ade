// SPDX-License-Identifier: MIT
//
// The same for the negative log-likelihood.
//
// EXPECT: the outputs of this network are an image, of which each pixel has its classes
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 3, Kernel<4>>, LogSoftmax>;
#else
using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 3, Kernel<3>>, LogSoftmax>;
#endif

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
    fit(net, data, SGD{}, {}, NLLLoss{});
    evaluate(net, data, 0, NLLLoss{});
    value_and_grad(net, NLLLoss{}, data.images(), data.labels());
}

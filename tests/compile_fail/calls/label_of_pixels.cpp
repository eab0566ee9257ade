// SPDX-License-Identifier: MIT
//
// One label of an image whose pixels have classes: torch.nn.CrossEntropyLoss refuses it, too.
//
// EXPECT: the outputs of this network are an image, of which each pixel has its classes
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 3, Kernel<4>>>;
#else
using Net = Sequential<Input<1, 4, 4>, Conv2d<1, 3, Kernel<3>>>;
#endif

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
    value_and_grad(net, CrossEntropyLoss{}, data.images(), data.labels());
}

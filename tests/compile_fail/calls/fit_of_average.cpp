// SPDX-License-Identifier: MIT
//
// The average of fit would be lost.
//
// EXPECT: fit would lose the average
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    Trainer trainer(net, SWA(SGD{}, 10));
    trainer.fit(data);
    const Net average = averaged(trainer);
    evaluate(average, data);
#else
    fit(net, data, SWA(SGD{}, 10));
#endif
}

// SPDX-License-Identifier: MIT
//
// An optimizer without an average.
//
// EXPECT: averaged takes a trainer whose optimizer is an average
#include <ctcnn/training.hpp>

using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, Named<"stem", Conv2d<1, 2, Kernel<3>>>, Sigmoid, Flatten, Linear<8, 3>>;

void train(Net& net, const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    Trainer trainer(net, EMA(SGD{}));
    trainer.fit(data);
    const Net average = averaged(trainer);
    evaluate(average, data);
#else
    Trainer trainer(net, SGD{});
    trainer.fit(data);
    const Net average = averaged(trainer);
    evaluate(average, data);
#endif
}

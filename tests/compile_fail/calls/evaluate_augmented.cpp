// SPDX-License-Identifier: MIT
//
// Images that are transformed at random where a training step reads them are for training alone.
//
// EXPECT: this is a data set for fit and a Trainer alone
#include <ctcnn/data/transforms.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 4, 4>, Flatten, Linear<16, 3>>;

double validate(const Net& net, const Dataset<Shape<1, 4, 4>>& data) {
    const auto noisy = augmented(data, GaussianNoise{});
#ifndef CTCNN_REJECT
    return evaluate(net, noisy.data()).loss;
#else
    return evaluate(net, noisy).loss;
#endif
}

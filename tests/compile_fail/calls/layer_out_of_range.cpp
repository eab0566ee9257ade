// SPDX-License-Identifier: MIT
//
// A layer behind the last one, by its parameters.
//
// EXPECT: there is no layer I; layers count from 0
// LINES: 13
#include <ctcnn/inference.hpp>

using namespace ctcnn;

using Net = Sequential<Input<3>, Sequential<Linear<3, 2>, ReLU, Linear<2, 2>>>;

#ifndef CTCNN_REJECT
constexpr std::size_t last = 2;
#else
constexpr std::size_t last = 3;
#endif

float change(Net& net) {
    auto layer = net.layer<0>().layer<last>();
    layer.weight(0, 0) = 1;
    return layer.bias(0);
}

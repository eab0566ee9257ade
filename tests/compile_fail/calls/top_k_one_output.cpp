// SPDX-License-Identifier: MIT
//
// The largest outputs of a network that has one.
//
// EXPECT: top_k ranks classes, and the one output of this network is a yes or no
#include <ctcnn/inference.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Linear<4, 2>>;
#else
using Net = Sequential<Input<4>, Linear<4, 1>>;
#endif

bool is_first(const Net& net, const Net::input_tensor& x) { return top_k(net, x, 1)[0].index == 0; }

// SPDX-License-Identifier: MIT
//
// A precision that there is not.
//
// EXPECT: with_precision is of networks of floats, and takes bf16, or float for the network itself
#include <ctcnn/inference.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 2>>;
#ifndef CTCNN_REJECT
using Precision = bf16;
#else
using Precision = double;
#endif

std::size_t first(const Net::with_precision<Precision>& net, const Net::input_tensor& x) { return predict(net, x); }

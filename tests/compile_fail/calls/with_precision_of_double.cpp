// SPDX-License-Identifier: MIT
//
// Rounded products are those of a network of floats, and bf16 is the only type that they are rounded to.
//
// EXPECT: with_precision is of networks of floats, and takes bf16, or float for the network itself
#include <ctcnn/inference.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Linear<4, 2>>;
#else
using Net = Sequential<Input<4>, Linear<4, 2>>::with_scalar<double>;
#endif

std::size_t first(const Net::with_precision<bf16>& net, const Net::input_tensor& x) { return predict(net, x); }

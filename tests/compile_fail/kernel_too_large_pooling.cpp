// SPDX-License-Identifier: MIT
//
// One pooling layer too many.
//
// EXPECT: \[kernel_too_large\] .*remove a pooling layer before it
// EXPECT: at_layer<2, .*MaxPool2d<.*Kernel<2>
// EXPECT: received<.*Shape<2, 1, 1>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<4>>, MaxPool2d<Kernel<2>>, ReLU>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<4>>, MaxPool2d<Kernel<2>>, MaxPool2d<Kernel<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 1, 1>{});
void use_it(Net& changed) { use(changed); }

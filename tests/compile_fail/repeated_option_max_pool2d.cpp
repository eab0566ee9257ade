// SPDX-License-Identifier: MIT
//
// Two kernels for MaxPool2d.
//
// EXPECT: \[repeated_option\] .*this layer has the same option twice: remove one of the two
// EXPECT: at_layer<0, .*MaxPool2d<.*Kernel<2>, .*Kernel<2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>, Kernel<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

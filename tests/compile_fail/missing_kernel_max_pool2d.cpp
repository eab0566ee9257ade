// SPDX-License-Identifier: MIT
//
// MaxPool2d without a kernel.
//
// EXPECT: \[missing_kernel\] .*this layer needs a Kernel
// EXPECT: at_layer<0, .*MaxPool2d<.*Stride<2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>, Stride<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Stride<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

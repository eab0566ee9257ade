// SPDX-License-Identifier: MIT
//
// A kernel of width 0 for MaxPool2d.
//
// EXPECT: \[zero_kernel\] .*a kernel size is 0
// EXPECT: at_layer<0, .*MaxPool2d<.*Kernel<2, 0
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2, 1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2, 0>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 8>{});
void use_it(Net& changed) { use(changed); }

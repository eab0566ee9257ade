// SPDX-License-Identifier: MIT
//
// LazyConv2d without a kernel.
//
// EXPECT: \[missing_kernel\] .*this layer needs a Kernel
// EXPECT: at_layer<0, .*LazyConv2d<4, .*Stride<2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<4, Kernel<1>, Stride<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<4, Stride<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 4, 4>{});
void use_it(Net& changed) { use(changed); }

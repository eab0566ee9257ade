// SPDX-License-Identifier: MIT
//
// A stride of 0 for AvgPool2d.
//
// EXPECT: \[zero_stride\] .*a stride is 0
// EXPECT: at_layer<0, .*AvgPool2d<.*Kernel<2>, .*Stride<0
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Stride<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Stride<0>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 7, 7>{});
void use_it(Net& changed) { use(changed); }

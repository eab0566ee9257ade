// SPDX-License-Identifier: MIT
//
// Two strides for AvgPool2d.
//
// EXPECT: \[repeated_option\] .*this layer has the same option twice: remove one of the two
// EXPECT: at_layer<0, .*AvgPool2d<.*Kernel<2>, .*Stride<2>, .*Stride<1
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Stride<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Stride<2>, Stride<1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

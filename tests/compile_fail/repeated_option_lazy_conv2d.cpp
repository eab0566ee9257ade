// SPDX-License-Identifier: MIT
//
// Two kernels for LazyConv2d.
//
// EXPECT: \[repeated_option\] .*this layer has the same option twice: remove one of the two
// EXPECT: at_layer<0, .*LazyConv2d<4, .*Kernel<3>, .*Kernel<5
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<4, Kernel<3>, Kernel<5>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

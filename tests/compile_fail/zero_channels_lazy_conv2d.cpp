// SPDX-License-Identifier: MIT
//
// LazyConv2d to no channels.
//
// EXPECT: \[zero_channels\] .*a number of channels or features is 0
// EXPECT: at_layer<0, .*LazyConv2d<0, .*Kernel<3
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<0, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

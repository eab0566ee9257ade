// SPDX-License-Identifier: MIT
//
// A kernel of 3 that its dilation spreads over 9.
//
// EXPECT: \[kernel_too_large\] .*make Kernel or Dilation smaller
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<3>, .*Dilation<4>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Dilation<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Dilation<4>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 2, 2>{});
void use_it(Net& changed) { use(changed); }

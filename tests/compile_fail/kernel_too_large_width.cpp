// SPDX-License-Identifier: MIT
//
// A kernel that fits in height, and in width does not, padding included.
//
// EXPECT: \[kernel_too_large\] .*make Kernel or Dilation smaller or Padding larger
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<3, 11>, .*Padding<0, 1>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3, 10>, Padding<0, 1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3, 11>, Padding<0, 1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 1>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A stride of 0 downwards for Conv2d.
//
// EXPECT: \[zero_stride\] .*a stride is 0
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<1>, .*Stride<0, 2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<1>, Stride<1, 2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<1>, Stride<0, 2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 8, 4>{});
void use_it(Net& changed) { use(changed); }

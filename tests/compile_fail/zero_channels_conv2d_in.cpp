// SPDX-License-Identifier: MIT
//
// Conv2d from no channels.
//
// EXPECT: \[zero_channels\] .*a number of channels or features is 0
// EXPECT: at_layer<0, .*Conv2d<0, 4, .*Kernel<3
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<0, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A second Conv2d that forgets how many channels the first one makes.
//
// EXPECT: \[in_channels\] .*the number of channels that arrive
// EXPECT: at_layer<2, .*Conv2d<2, 6, .*Kernel<3>
// EXPECT: received<.*Shape<4, 6, 6>
// EXPECT: wanted<2>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, ReLU, Conv2d<4, 6, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, ReLU, Conv2d<2, 6, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 4, 4>{});
void use_it(Net& changed) { use(changed); }

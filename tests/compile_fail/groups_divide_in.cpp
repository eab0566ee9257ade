// SPDX-License-Identifier: MIT
//
// Groups that do not divide the channels that arrive.
//
// EXPECT: \[groups_divide\] .*the number of groups must divide each number of channels
// EXPECT: at_layer<0, .*Conv2d<4, 6, .*Kernel<3>, .*Groups<3>
// EXPECT: received<.*Shape<4, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4, 8, 8>, Conv2d<4, 6, Kernel<3>, Groups<2>>>;
#else
using Net = Sequential<Input<4, 8, 8>, Conv2d<4, 6, Kernel<3>, Groups<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 6, 6>{});
void use_it(Net& changed) { use(changed); }

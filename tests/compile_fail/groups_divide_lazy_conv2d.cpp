// SPDX-License-Identifier: MIT
//
// Groups that do not divide what arrives at LazyConv2d.
//
// EXPECT: \[groups_divide\] .*choose a divisor of each
// EXPECT: at_layer<0, .*LazyConv2d<6, .*Kernel<3>, .*Groups<3>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<6, Kernel<3>, Groups<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, LazyConv2d<6, Kernel<3>, Groups<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 6, 6>{});
void use_it(Net& changed) { use(changed); }

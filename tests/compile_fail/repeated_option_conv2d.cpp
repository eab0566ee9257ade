// SPDX-License-Identifier: MIT
//
// Two paddings for Conv2d.
//
// EXPECT: \[repeated_option\] .*this layer has the same option twice: remove one of the two
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<3>, .*Padding<1>, .*Padding<2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Padding<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Padding<1>, Padding<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 8, 8>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// An activation among the options of Conv2d.
//
// EXPECT: \[unknown_option\] .*this layer does not take one of its options: remove it
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<3>, .*ReLU
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, ReLU>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

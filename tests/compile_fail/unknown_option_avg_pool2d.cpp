// SPDX-License-Identifier: MIT
//
// Groups for AvgPool2d.
//
// EXPECT: \[unknown_option\] .*this layer does not take one of its options: remove it
// EXPECT: at_layer<0, .*AvgPool2d<.*Kernel<2>, .*Groups<2
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Groups<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

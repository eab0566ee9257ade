// SPDX-License-Identifier: MIT
//
// CeilMode twice.
//
// EXPECT: \[repeated_option\] .*the same option twice
// EXPECT: at_layer<0, .*MaxPool2d<.*CeilMode, .*CeilMode
// EXPECT: received<.*Shape<2, 5, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 5, 4>, MaxPool2d<Kernel<2>, CeilMode>>;
#else
using Net = Sequential<Input<2, 5, 4>, MaxPool2d<CeilMode, Kernel<2>, CeilMode>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 3, 2>{});
void use_it(Net& changed) { use(changed); }

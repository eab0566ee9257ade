// SPDX-License-Identifier: MIT
//
// NoCountPadding for MaxPool2d, whose padding never counts.
//
// EXPECT: \[unknown_option\] .*AvgPool2d also NoCountPadding
// EXPECT: at_layer<0, .*MaxPool2d<.*NoCountPadding
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<3>, Padding<1>, NoCountPadding>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<3>, Padding<1>, NoCountPadding>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 3, 3>{});
void use_it(Net& changed) { use(changed); }

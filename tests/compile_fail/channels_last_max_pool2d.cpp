// SPDX-License-Identifier: MIT
//
// Pooling takes any number of channels, too.
//
// EXPECT: \[channels_last\] the sizes of Input are channels, height, width, in this order, and here the channels are last
// EXPECT: at_layer<0, .*MaxPool2d<
// EXPECT: received<.*Shape<28, 28, 1>
// EXPECT: corrected<.*Input<1, 28, 28>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 28, 28>, MaxPool2d<Kernel<2>>>;
#else
using Net = Sequential<Input<28, 28, 1>, MaxPool2d<Kernel<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 14, 14>{});
void use_it(Net& changed) { use(changed); }

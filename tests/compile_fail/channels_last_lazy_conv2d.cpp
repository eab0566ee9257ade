// SPDX-License-Identifier: MIT
//
// A lazy convolution takes any number of channels: the kernel does not fit the rows that are 3 wide.
//
// EXPECT: \[channels_last\] the sizes of Input are channels, height, width, in this order, and here the channels are last
// EXPECT: at_layer<0, .*LazyConv2d<6
// EXPECT: received<.*Shape<32, 32, 3>
// EXPECT: corrected<.*Input<3, 32, 32>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3, 32, 32>, LazyConv2d<6, Kernel<5>>>;
#else
using Net = Sequential<Input<32, 32, 3>, LazyConv2d<6, Kernel<5>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 28, 28>{});
void use_it(Net& changed) { use(changed); }

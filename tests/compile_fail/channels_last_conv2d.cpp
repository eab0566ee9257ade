// SPDX-License-Identifier: MIT
//
// Height, width, channels, as in Keras: the advice is not a convolution of 28 channels.
//
// EXPECT: \[channels_last\] the sizes of Input are channels, height, width, in this order, and here the channels are last
// EXPECT: at_layer<0, .*Conv2d<1, 6
// EXPECT: received<.*Shape<28, 28, 1>
// EXPECT: corrected<.*Input<1, 28, 28>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>>;
#else
using Net = Sequential<Input<28, 28, 1>, Conv2d<1, 6, Kernel<5>, Padding<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 28, 28>{});
void use_it(Net& changed) { use(changed); }

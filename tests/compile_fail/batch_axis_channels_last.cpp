// SPDX-License-Identifier: MIT
//
// A batch of color images with the channels last, as in Keras: both mistakes at once are corrected at once.
//
// EXPECT: \[batch_axis\] Input is the shape of one image and has no batch axis
// EXPECT: received<.*Shape<128, 32, 32, 3>
// EXPECT: corrected<.*Input<3, 32, 32>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3, 32, 32>, Conv2d<3, 6, Kernel<5>>, ReLU>;
#else
using Net = Sequential<Input<128, 32, 32, 3>, Conv2d<3, 6, Kernel<5>>, ReLU>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 28, 28>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The shape of a batch, as PyTorch's tensors have it: 64 gray images.
//
// EXPECT: \[batch_axis\] Input is the shape of one image and has no batch axis
// EXPECT: at_layer<0, .*Conv2d<1, 6
// EXPECT: received<.*Shape<64, 1, 28, 28>
// EXPECT: corrected<.*Input<1, 28, 28>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>>, Flatten, Linear<3456, 10>>;
#else
using Net = Sequential<Input<64, 1, 28, 28>, Conv2d<1, 6, Kernel<5>>, Flatten, Linear<3456, 10>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<10>{});
void use_it(Net& changed) { use(changed); }

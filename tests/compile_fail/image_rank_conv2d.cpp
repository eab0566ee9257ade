// SPDX-License-Identifier: MIT
//
// Conv2d behind Flatten.
//
// EXPECT: \[image_rank\] .*move it before Flatten
// EXPECT: at_layer<1, .*Conv2d<2, 4, .*Kernel<3>
// EXPECT: received<.*Shape<128>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, Flatten>;
#else
using Net = Sequential<Input<2, 8, 8>, Flatten, Conv2d<2, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<144>{});
void use_it(Net& changed) { use(changed); }

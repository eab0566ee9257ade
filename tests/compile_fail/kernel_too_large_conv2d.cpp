// SPDX-License-Identifier: MIT
//
// A kernel larger than the image.
//
// EXPECT: \[kernel_too_large\] .*the kernel is larger than the padded image that arrives
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<9>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<8>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<9>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 1, 1>{});
void use_it(Net& changed) { use(changed); }

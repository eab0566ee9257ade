// SPDX-License-Identifier: MIT
//
// Conv2d without a kernel.
//
// EXPECT: \[missing_kernel\] .*this layer needs a Kernel
// EXPECT: at_layer<0, .*Conv2d<2, 4
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 8, 8>{});
void use_it(Net& changed) { use(changed); }

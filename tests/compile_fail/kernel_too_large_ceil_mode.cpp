// SPDX-License-Identifier: MIT
//
// A window that hangs over the end by a stride or more: PyTorch refuses the same.
//
// EXPECT: \[kernel_too_large\] .*larger than the padded image
// EXPECT: at_layer<0, .*MaxPool2d<.*Kernel<5>, .*Stride<2>, .*CeilMode
// EXPECT: received<.*Shape<1, 3, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, MaxPool2d<Kernel<5>, Stride<2>, CeilMode>>;
#else
using Net = Sequential<Input<1, 3, 4>, MaxPool2d<Kernel<5>, Stride<2>, CeilMode>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 1, 1>{});
void use_it(Net& changed) { use(changed); }

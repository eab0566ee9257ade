// SPDX-License-Identifier: MIT
//
// No kernel.
//
// EXPECT: \[missing_kernel\]
// EXPECT: at_layer<0, .*ConvTranspose2d<2, 2, .*Stride<2>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Kernel<2>, Stride<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Stride<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 16, 16>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Padding that takes all of the output.
//
// EXPECT: \[transposed_padding\] .*leaves nothing of it: make Padding smaller
// EXPECT: at_layer<0, .*ConvTranspose2d<2, 4, .*Kernel<2>, .*Padding<1>
// EXPECT: received<.*Shape<2, 1, 8>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 1, 8>, ConvTranspose2d<2, 4, Kernel<2>>>;
#else
using Net = Sequential<Input<2, 1, 8>, ConvTranspose2d<2, 4, Kernel<2>, Padding<1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 2, 9>{});
void use_it(Net& changed) { use(changed); }

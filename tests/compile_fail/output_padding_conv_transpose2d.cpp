// SPDX-License-Identifier: MIT
//
// An output padding as large as the stride.
//
// EXPECT: \[output_padding\] OutputPadding must be smaller than Stride or Dilation
// EXPECT: at_layer<0, .*ConvTranspose2d<2, 4, .*Kernel<3>, .*Stride<2>, .*OutputPadding<2>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 4, Kernel<3>, Stride<2>, OutputPadding<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 4, Kernel<3>, Stride<2>, OutputPadding<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 18, 18>{});
void use_it(Net& changed) { use(changed); }

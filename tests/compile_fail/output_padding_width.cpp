// SPDX-License-Identifier: MIT
//
// An output padding as large as the stride and the dilation, on the second axis.
//
// EXPECT: \[output_padding\]
// EXPECT: at_layer<0, .*ConvTranspose2d<2, 4, .*Kernel<3>, .*Stride<3, 1>, .*OutputPadding<2, 1>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 4, Kernel<3>, Stride<3, 1>, OutputPadding<2, 0>>>;
#else
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 4, Kernel<3>, Stride<3, 1>, OutputPadding<2, 1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 26, 10>{});
void use_it(Net& changed) { use(changed); }

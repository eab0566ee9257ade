// SPDX-License-Identifier: MIT
//
// Other channels than arrive.
//
// EXPECT: \[in_channels\]
// EXPECT: at_layer<0, .*ConvTranspose2d<4, 2, .*Kernel<3>
// EXPECT: received<.*Shape<2, 8, 8>
// EXPECT: wanted<4>
// EXPECT: corrected<.*ConvTranspose2d<2, 2, .*Kernel<3>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<4, 2, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 10, 10>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// An option of layers that normalise.
//
// EXPECT: \[unknown_option\]
// EXPECT: at_layer<0, .*ConvTranspose2d<2, 2, .*Kernel<3>, .*NoAffine
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Kernel<3>, NoBias>>;
#else
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Kernel<3>, NoAffine>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 10, 10>{});
void use_it(Net& changed) { use(changed); }

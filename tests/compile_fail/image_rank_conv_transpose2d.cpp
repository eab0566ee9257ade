// SPDX-License-Identifier: MIT
//
// ConvTranspose2d on features.
//
// EXPECT: \[image_rank\]
// EXPECT: at_layer<1, .*ConvTranspose2d<2, 2, .*Kernel<3>
// EXPECT: received<.*Shape<128>
#include "use.hpp"

#include <ctcnn/layers/conv_transpose2d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ConvTranspose2d<2, 2, Kernel<3>>, Flatten>;
#else
using Net = Sequential<Input<2, 8, 8>, Flatten, ConvTranspose2d<2, 2, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<200>{});
void use_it(Net& changed) { use(changed); }

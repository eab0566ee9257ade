// SPDX-License-Identifier: MIT
//
// Upsampling of features.
//
// EXPECT: \[image_rank\] .*this layer works on images <C, H, W>
// EXPECT: at_layer<1, .*Upsample<.*Scale<2>
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 2, 2>, Upsample<Scale<2>>, Flatten>;
#else
using Net = Sequential<Input<2, 2, 2>, Flatten, Upsample<Scale<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }

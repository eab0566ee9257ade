// SPDX-License-Identifier: MIT
//
// Global pooling behind Flatten.
//
// EXPECT: \[image_rank\] .*this layer works on images <C, H, W>
// EXPECT: at_layer<1, .*AdaptiveAvgPool2d<1
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 2, 2>, AdaptiveAvgPool2d<1>, Flatten>;
#else
using Net = Sequential<Input<2, 2, 2>, Flatten, AdaptiveAvgPool2d<1>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

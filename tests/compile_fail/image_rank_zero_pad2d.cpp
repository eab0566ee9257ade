// SPDX-License-Identifier: MIT
//
// Zeros around features.
//
// EXPECT: \[image_rank\] .*this layer works on images <C, H, W>
// EXPECT: at_layer<1, .*ZeroPad2d<1, 0, 2, 0>
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 2, 2>, ZeroPad2d<1, 0, 2, 0>, Flatten>;
#else
using Net = Sequential<Input<2, 2, 2>, Flatten, ZeroPad2d<1, 0, 2, 0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<24>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Pooling of features.
//
// EXPECT: \[image_rank\] .*this layer works on images <C, H, W>
// EXPECT: at_layer<0, .*MaxPool2d<.*Kernel<1, 2>
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 1, 8>, MaxPool2d<Kernel<1, 2>>>;
#else
using Net = Sequential<Input<8>, MaxPool2d<Kernel<1, 2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 1, 4>{});
void use_it(Net& changed) { use(changed); }

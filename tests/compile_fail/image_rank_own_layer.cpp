// SPDX-License-Identifier: MIT
//
// The check of a layer of a program's own takes images alone.
//
// EXPECT: \[image_rank\] this layer works on images
// EXPECT: at_layer<1, user::Scale<2>
// EXPECT: received<.*Shape<32>
#include "own_layers.hpp"

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, ReLU, user::Scale<2>, Flatten>;
#else
using Net = Sequential<Input<2, 4, 4>, Flatten, user::Scale<2>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }

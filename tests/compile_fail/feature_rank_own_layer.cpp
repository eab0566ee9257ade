// SPDX-License-Identifier: MIT
//
// The check of a layer of a program's own takes features alone.
//
// EXPECT: \[feature_rank\] this layer works on features
// EXPECT: at_layer<0, user::Even>
// EXPECT: received<.*Shape<2, 4, 4>
#include "own_layers.hpp"

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Flatten, user::Even>;
#else
using Net = Sequential<Input<2, 4, 4>, user::Even>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<32>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Wrong inside a block inside a block.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: in_block<0, .*in_block<1, .*at_layer<1, .*Linear<7, 4>
// EXPECT: received<.*Shape<8>
// EXPECT: wanted<7>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<ReLU, Sequential<Tanh, Linear<8, 4>>>>;
#else
using Net = Sequential<Input<8>, Sequential<ReLU, Sequential<Tanh, Linear<7, 4>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

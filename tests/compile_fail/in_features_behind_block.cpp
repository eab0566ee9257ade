// SPDX-License-Identifier: MIT
//
// Wrong behind a block, which counts as one layer.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: at_layer<1, .*Linear<8, 4>
// EXPECT: received<.*Shape<6>
// EXPECT: wanted<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<ReLU, Linear<8, 6>>, Linear<6, 4>>;
#else
using Net = Sequential<Input<8>, Sequential<ReLU, Linear<8, 6>>, Linear<8, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Input inside a block, behind a layer.
//
// EXPECT: \[misplaced_input\] .*remove this one
// EXPECT: in_block<0, .*at_layer<1, .*Input<8>
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<ReLU, Linear<8, 4>>>;
#else
using Net = Sequential<Input<8>, Sequential<ReLU, Input<8>, Linear<8, 4>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A shape inside a block.
//
// EXPECT: \[not_a_layer\] .*this argument is not a layer
// EXPECT: in_block<0, .*at_layer<1, .*Shape<4>
// EXPECT: received<.*Shape<4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<Linear<8, 4>, ReLU>>;
#else
using Net = Sequential<Input<8>, Sequential<Linear<8, 4>, Shape<4>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

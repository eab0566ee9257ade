// SPDX-License-Identifier: MIT
//
// Wrong inside a block.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: in_block<1, .*at_layer<2, .*Linear<5, 4>
// EXPECT: received<.*Shape<6>
// EXPECT: wanted<5>
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, ReLU, Sequential<Linear<8, 6>, Tanh, Linear<6, 4>>>;
#else
using Net = Sequential<Input<8>, ReLU, Sequential<Linear<8, 6>, Tanh, Linear<5, 4>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) { learn(changed, data); }

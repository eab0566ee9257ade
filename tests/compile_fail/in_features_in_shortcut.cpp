// SPDX-License-Identifier: MIT
//
// The shortcut counts behind the layers of the Residual: it is in_block<2> here.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: in_block<0, .*in_block<2, .*at_layer<1, .*Linear<5, 4>
// EXPECT: received<.*Shape<4>
// EXPECT: wanted<5>
// EXPECT: corrected<.*Linear<4, 4>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Residual<Linear<4, 4>, ReLU, Shortcut<Tanh, Linear<4, 4>>>>;
#else
using Net = Sequential<Input<4>, Residual<Linear<4, 4>, ReLU, Shortcut<Tanh, Linear<5, 4>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

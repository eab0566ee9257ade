// SPDX-License-Identifier: MIT
//
// A number of groups that does not divide the channels.
//
// EXPECT: \[groups_divide\] .*the number of groups must divide each number of channels
// EXPECT: at_layer<0, .*GroupNorm<4, 6>
// EXPECT: received<.*Shape<6, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/group_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6, 8, 8>, GroupNorm<3, 6>>;
#else
using Net = Sequential<Input<6, 8, 8>, GroupNorm<4, 6>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 8, 8>{});
void use_it(Net& changed) { use(changed); }

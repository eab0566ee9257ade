// SPDX-License-Identifier: MIT
//
// No groups.
//
// EXPECT: \[zero_groups\]
// EXPECT: at_layer<0, .*GroupNorm<0, 6>
// EXPECT: received<.*Shape<6, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/group_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6, 8, 8>, GroupNorm<1, 6>>;
#else
using Net = Sequential<Input<6, 8, 8>, GroupNorm<0, 6>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 8, 8>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// No channels.
//
// EXPECT: \[zero_channels\]
// EXPECT: at_layer<0, .*GroupNorm<2, 0>
// EXPECT: received<.*Shape<6, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/group_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6, 8, 8>, GroupNorm<2, 6>>;
#else
using Net = Sequential<Input<6, 8, 8>, GroupNorm<2, 0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 8, 8>{});
void use_it(Net& changed) { use(changed); }

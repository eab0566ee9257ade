// SPDX-License-Identifier: MIT
//
// Other channels than arrive.
//
// EXPECT: \[in_channels\] .*the first size of the Shape received
// EXPECT: at_layer<1, .*GroupNorm<2, 6>
// EXPECT: received<.*Shape<4, 6, 6>
// EXPECT: wanted<6>
// EXPECT: corrected<.*GroupNorm<2, 4>
#include "use.hpp"

#include <ctcnn/layers/group_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, GroupNorm<2, 4>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, GroupNorm<2, 6>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

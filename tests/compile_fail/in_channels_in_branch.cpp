// SPDX-License-Identifier: MIT
//
// The second branch of a Concat is wrong: branches count from 0.
//
// EXPECT: \[in_channels\] .*change it to the first size of the Shape received
// EXPECT: in_block<1, .*in_block<1, .*at_layer<1, .*Conv2d<3, 2,
// EXPECT: received<.*Shape<2, 8, 8>
// EXPECT: wanted<3>
// EXPECT: corrected<.*Conv2d<2, 2,
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, ReLU, Concat<ReLU, Sequential<Tanh, Conv2d<2, 2, Kernel<1>>>>>;
#else
using Net = Sequential<Input<2, 8, 8>, ReLU, Concat<ReLU, Sequential<Tanh, Conv2d<3, 2, Kernel<1>>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 8, 8>{});
void use_it(Net& changed) { use(changed); }

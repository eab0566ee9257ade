// SPDX-License-Identifier: MIT
//
// Three branches, of which the last one makes another shape, in a block.
//
// EXPECT: \[branch_shapes\] .*only equal ones can be added
// EXPECT: in_block<1, .*at_layer<0, .*Add<
// EXPECT: received<.*Shape<6>
// EXPECT: branch_makes<0, .*Shape<4>.*branch_makes<1, .*Shape<4>.*branch_makes<2, .*Shape<5>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6>, ReLU, Sequential<Add<Linear<6, 4>, Linear<6, 4>, Linear<6, 4, NoBias>>>>;
#else
using Net = Sequential<Input<6>, ReLU, Sequential<Add<Linear<6, 4>, Linear<6, 4>, Linear<6, 5, NoBias>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

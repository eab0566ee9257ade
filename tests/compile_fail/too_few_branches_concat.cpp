// SPDX-License-Identifier: MIT
//
// One branch is none: its layers are layers of the network.
//
// EXPECT: \[too_few_branches\] .*need two branches or more
// EXPECT: at_layer<1, .*Concat<.*Linear<4, 2>
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, ReLU, Concat<Linear<4, 1>, Linear<4, 1>>>;
#else
using Net = Sequential<Input<4>, ReLU, Concat<Linear<4, 2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A PReLU without a weight.
//
// EXPECT: \[zero_channels\]
// EXPECT: at_layer<0, .*PReLU<0>
// EXPECT: received<.*Shape<6>
#include <ctcnn/inference.hpp>

#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6>, PReLU<1>>;
#else
using Net = Sequential<Input<6>, PReLU<0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6>{});
void use_it(Net& changed) { use(changed); }

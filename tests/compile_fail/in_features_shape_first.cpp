// SPDX-License-Identifier: MIT
//
// A wrong network that is asked for its output shape before anything else.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: at_layer<0, .*Linear<7, 4>
// EXPECT: received<.*Shape<8>
// EXPECT: wanted<7>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Input<8>, Linear<7, 4>>;
#endif

static_assert(Net::output_shape{} == Shape<4>{});
constexpr Net net{};
void use_it(Net& changed) { use(changed); }

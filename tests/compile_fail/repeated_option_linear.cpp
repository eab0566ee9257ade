// SPDX-License-Identifier: MIT
//
// NoBias twice for Linear.
//
// EXPECT: \[repeated_option\] .*this layer has the same option twice: remove one of the two
// EXPECT: at_layer<0, .*Linear<8, 4, .*NoBias, .*NoBias
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4, NoBias>>;
#else
using Net = Sequential<Input<8>, Linear<8, 4, NoBias, NoBias>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Input with an axis of size 0.
//
// EXPECT: \[zero_input\] .*an axis of size 0
// EXPECT: refused<.*the_sequence
// EXPECT: received<.*Shape<2, 0, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Flatten, Linear<128, 4>>;
#else
using Net = Sequential<Input<2, 0, 8>, Flatten, Linear<128, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

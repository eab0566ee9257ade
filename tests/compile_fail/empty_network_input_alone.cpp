// SPDX-License-Identifier: MIT
//
// An Input without layers behind it.
//
// EXPECT: \[empty_network\] .*needs at least one layer
// EXPECT: refused<.*the_sequence
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Input<8>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

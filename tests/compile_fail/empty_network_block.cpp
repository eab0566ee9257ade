// SPDX-License-Identifier: MIT
//
// An empty block inside a network.
//
// EXPECT: \[empty_network\] .*needs at least one layer
// EXPECT: in_block<1, .*the_sequence
// EXPECT: received<.*Shape<4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>, Sequential<ReLU>>;
#else
using Net = Sequential<Input<8>, Linear<8, 4>, Sequential<>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

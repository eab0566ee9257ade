// SPDX-License-Identifier: MIT
//
// A closed network used as a layer.
//
// EXPECT: \[not_a_layer\] .*a block \(a Sequential without Input\)
// EXPECT: at_layer<0, .*Sequential<.*Input<8>
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<Linear<8, 4>>>;
#else
using Net = Sequential<Input<8>, Sequential<Input<8>, Linear<8, 4>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Input between two layers.
//
// EXPECT: \[misplaced_input\] .*Input may only be the first argument
// EXPECT: at_layer<1, .*Input<4>
// EXPECT: received<.*Shape<4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>, ReLU, Linear<4, 2>>;
#else
using Net = Sequential<Input<8>, Linear<8, 4>, Input<4>, Linear<4, 2>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A number type where a layer should be.
//
// EXPECT: \[not_a_layer\] .*this argument is not a layer
// EXPECT: at_layer<1, int>
// EXPECT: received<.*Shape<4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>, ReLU>;
#else
using Net = Sequential<Input<8>, Linear<8, 4>, int>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

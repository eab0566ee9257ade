// SPDX-License-Identifier: MIT
//
// Padding for LazyLinear.
//
// EXPECT: \[unknown_option\] .*this layer does not take one of its options: remove it
// EXPECT: at_layer<0, .*LazyLinear<4, .*Padding<1
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, LazyLinear<4>>;
#else
using Net = Sequential<Input<8>, LazyLinear<4, Padding<1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

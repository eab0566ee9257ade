// SPDX-License-Identifier: MIT
//
// LazyLinear to no features.
//
// EXPECT: \[zero_channels\] .*a number of channels or features is 0
// EXPECT: at_layer<0, .*LazyLinear<0
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, LazyLinear<4>>;
#else
using Net = Sequential<Input<8>, LazyLinear<0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

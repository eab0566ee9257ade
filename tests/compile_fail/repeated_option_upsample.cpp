// SPDX-License-Identifier: MIT
//
// Both modes.
//
// EXPECT: \[repeated_option\] .*the same option twice
// EXPECT: at_layer<0, .*Upsample<.*Nearest, .*Bilinear
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Upsample<Scale<2>, Bilinear>>;
#else
using Net = Sequential<Input<2, 4, 4>, Upsample<Nearest, Scale<2>, Bilinear>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 8>{});
void use_it(Net& changed) { use(changed); }

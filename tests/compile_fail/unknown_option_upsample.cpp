// SPDX-License-Identifier: MIT
//
// A kernel for Upsample.
//
// EXPECT: \[unknown_option\] .*Upsample takes Scale, Nearest, Bilinear
// EXPECT: at_layer<0, .*Upsample<.*Kernel<2>
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Upsample<Scale<2>>>;
#else
using Net = Sequential<Input<2, 4, 4>, Upsample<Scale<2>, Kernel<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 8>{});
void use_it(Net& changed) { use(changed); }

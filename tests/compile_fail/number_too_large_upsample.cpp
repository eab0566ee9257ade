// SPDX-License-Identifier: MIT
//
// An image of 2^62 pixels.
//
// EXPECT: \[number_too_large\]
// EXPECT: at_layer<0, .*Upsample<.*Scale<2147483647>
// EXPECT: received<.*Shape<1, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, Upsample<Scale<7>>>;
#else
using Net = Sequential<Input<1, 4, 4>, Upsample<Scale<2147483647>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 28, 28>{});
void use_it(Net& changed) { use(changed); }

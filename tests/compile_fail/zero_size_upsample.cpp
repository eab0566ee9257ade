// SPDX-License-Identifier: MIT
//
// A scale that was computed: 1 / 2 is 0.
//
// EXPECT: \[zero_size\] .*would have no pixels
// EXPECT: at_layer<0, .*Upsample<.*Scale<2, 0>
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Upsample<Scale<2, 1>>>;
#else
using Net = Sequential<Input<2, 4, 4>, Upsample<Scale<2, 1 / 2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 4>{});
void use_it(Net& changed) { use(changed); }

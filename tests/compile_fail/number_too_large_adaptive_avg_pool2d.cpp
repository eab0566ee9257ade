// SPDX-License-Identifier: MIT
//
// Windows that are too many to count.
//
// EXPECT: \[number_too_large\]
// EXPECT: at_layer<0, .*AdaptiveAvgPool2d<4294967296
// EXPECT: received<.*Shape<1, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, AdaptiveAvgPool2d<7>>;
#else
using Net = Sequential<Input<1, 4, 4>, AdaptiveAvgPool2d<4294967296>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 7, 7>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A mean over no windows.
//
// EXPECT: \[zero_size\] .*would have no pixels
// EXPECT: at_layer<0, .*AdaptiveAvgPool2d<3, 0>
// EXPECT: received<.*Shape<2, 4, 5>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 5>, AdaptiveAvgPool2d<3, 2>>;
#else
using Net = Sequential<Input<2, 4, 5>, AdaptiveAvgPool2d<3, 0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 3, 2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Each number is one that a layer may have, and their product is more than 2^64: 2147483647 * 2147483647 weights of 3 x 3.
//
// EXPECT: \[number_too_large\] .*together they are more than memory can hold
// EXPECT: at_layer<0, .*Conv2d<2147483647, 2147483647
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 3, 3>, Conv2d<2, 2, Kernel<3>>>;
#else
using Net = Sequential<Input<2147483647, 3, 3>, Conv2d<2147483647, 2147483647, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 1, 1>{});
void use_it(Net& changed) { use(changed); }

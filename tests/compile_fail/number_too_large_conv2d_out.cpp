// SPDX-License-Identifier: MIT
//
// A number of channels that was computed and fell below 0.
//
// EXPECT: \[number_too_large\] .*above 2147483647
// EXPECT: at_layer<0, .*Conv2d<2, 18446744073709551614, .*Kernel<3>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
constexpr std::size_t least = 1;
#else
constexpr std::size_t least = 0;
#endif
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 2 * least - 2 + least, Kernel<3>>>;

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 6, 6>{});
void use_it(Net& changed) { use(changed); }

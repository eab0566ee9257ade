// SPDX-License-Identifier: MIT
//
// A padding of Conv2d that was computed and fell below 0.
//
// EXPECT: \[number_too_large\] .*above 2147483647
// EXPECT: at_layer<0, .*Conv2d<2, 4, .*Kernel<3>, .*Padding<18446744073709551615
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
constexpr std::size_t least = 1;
#else
constexpr std::size_t least = 0;
#endif
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>, Padding<least - 1>>>;

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

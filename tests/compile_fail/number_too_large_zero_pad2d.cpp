// SPDX-License-Identifier: MIT
//
// Padding that was computed and fell below 0: PyTorch would crop, this library does not.
//
// EXPECT: \[number_too_large\] .*may have fallen below 0
// EXPECT: at_layer<0, .*ZeroPad2d<0, 0, 0, 18446744073709551615
// EXPECT: received<.*Shape<1, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 4, 4>, ZeroPad2d<0, 0, 0, 2 - 1>>;
#else
using Net = Sequential<Input<1, 4, 4>, ZeroPad2d<0, 0, 0, std::size_t{1} - 2>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<1, 5, 4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A size of Input that was computed and fell below 0.
//
// EXPECT: \[number_too_large\] .*above 2147483647
// EXPECT: refused<.*the_sequence
// EXPECT: received<.*Shape<2, 18446744073709551614, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
constexpr std::size_t least = 1;
#else
constexpr std::size_t least = 0;
#endif
using Net = Sequential<Input<2, 2 * least - 2 + least, 8>, Flatten, Linear<16, 4>>;

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

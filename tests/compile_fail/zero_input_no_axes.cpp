// SPDX-License-Identifier: MIT
//
// Input without sizes.
//
// EXPECT: \[zero_input\] .*Input has no axes
// EXPECT: refused<.*the_sequence
// EXPECT: received<.*Shape<>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, ReLU>;
#else
using Net = Sequential<Input<>, ReLU>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<8>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A size of 0.
//
// EXPECT: \[zero_size\] .*would have no pixels
// EXPECT: at_layer<0, .*Unflatten<2, 0, 3>
// EXPECT: received<.*Shape<12>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<12>, Unflatten<2, 2, 3>>;
#else
using Net = Sequential<Input<12>, Unflatten<2, 0, 3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 2, 3>{});
void use_it(Net& changed) { use(changed); }

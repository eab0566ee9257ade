// SPDX-License-Identifier: MIT
//
// The sizes of the image that was flattened before a Linear, which makes half as many features.
//
// EXPECT: \[unflatten_size\] .*needs C\*H\*W features
// EXPECT: at_layer<2, .*Unflatten<4, 2, 3>
// EXPECT: received<.*Shape<12>
// EXPECT: wanted<24>
// EXPECT: corrected<.*Unflatten<2, 2, 3>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4, 2, 3>, Flatten, Linear<24, 12>, Unflatten<2, 2, 3>>;
#else
using Net = Sequential<Input<4, 2, 3>, Flatten, Linear<24, 12>, Unflatten<4, 2, 3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 2, 3>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The shape of a batch of one, which Flatten hides: the number of features would not tell.
//
// EXPECT: \[batch_axis\] Input is the shape of one image and has no batch axis
// EXPECT: at_layer<1, .*Linear<784, 10>
// EXPECT: received<.*Shape<50176>
// EXPECT: corrected<.*Input<1, 28, 28>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 10>>;
#else
using Net = Sequential<Input<64, 1, 28, 28>, Flatten, Linear<784, 10>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<10>{});
void use_it(Net& changed) { use(changed); }

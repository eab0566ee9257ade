// SPDX-License-Identifier: MIT
//
// The shape of a batch of 32 feature vectors.
//
// EXPECT: \[batch_axis\] Input is the shape of one image and has no batch axis
// EXPECT: at_layer<0, .*Linear<4, 3>
// EXPECT: received<.*Shape<32, 4>
// EXPECT: corrected<.*Input<4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Linear<4, 3>>;
#else
using Net = Sequential<Input<32, 4>, Linear<4, 3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<3>{});
void use_it(Net& changed) { use(changed); }

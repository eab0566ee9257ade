// SPDX-License-Identifier: MIT
//
// Linear on an image.
//
// EXPECT: \[feature_rank\] .*put Flatten before it
// EXPECT: at_layer<1, .*Linear<128, 4>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Flatten, Linear<128, 4>>;
#else
using Net = Sequential<Input<2, 8, 8>, ReLU, Linear<128, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

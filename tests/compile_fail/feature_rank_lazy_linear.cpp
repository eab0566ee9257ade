// SPDX-License-Identifier: MIT
//
// LazyLinear on an image.
//
// EXPECT: \[feature_rank\] .*put Flatten before it
// EXPECT: at_layer<1, .*LazyLinear<4>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Flatten, LazyLinear<4>>;
#else
using Net = Sequential<Input<2, 8, 8>, ReLU, LazyLinear<4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

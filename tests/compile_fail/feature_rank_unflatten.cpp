// SPDX-License-Identifier: MIT
//
// Unflatten of an image, which PyTorch takes for its channels.
//
// EXPECT: \[feature_rank\] .*put Flatten before it
// EXPECT: at_layer<0, .*Unflatten<2, 2, 3>
// EXPECT: received<.*Shape<3, 2, 2>
// EXPECT: corrected<.*Flatten.*Unflatten<2, 2, 3>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3, 2, 2>, Flatten, Unflatten<2, 2, 3>>;
#else
using Net = Sequential<Input<3, 2, 2>, Unflatten<2, 2, 3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 2, 3>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// BatchNorm2d of another number of channels.
//
// EXPECT: \[in_channels\]
// EXPECT: at_layer<0, .*BatchNorm2d<3>
// EXPECT: received<.*Shape<2, 8, 8>
// EXPECT: wanted<3>
// EXPECT: corrected<.*BatchNorm2d<2>
#include "use.hpp"

#include <ctcnn/layers/batch_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, BatchNorm2d<2>>;
#else
using Net = Sequential<Input<2, 8, 8>, BatchNorm2d<3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 8>{});
void use_it(Net& changed) { use(changed); }

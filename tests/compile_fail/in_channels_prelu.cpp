// SPDX-License-Identifier: MIT
//
// A PReLU with a weight for each channel, of another number of channels.
//
// EXPECT: \[in_channels\] .*the first size of the Shape received
// EXPECT: at_layer<1, .*PReLU<8>
// EXPECT: received<.*Shape<6, 4, 4>
// EXPECT: wanted<8>
// EXPECT: corrected<.*PReLU<6>
#include <ctcnn/ctcnn.hpp>

#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6, 4, 4>, PReLU<>, PReLU<6>, Flatten, PReLU<96>>;
#else
using Net = Sequential<Input<6, 4, 4>, PReLU<>, PReLU<8>, Flatten, PReLU<96>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<96>{});
static_assert(Net::parameter_count == 103);
void use_it(Net& changed) { use(changed); }

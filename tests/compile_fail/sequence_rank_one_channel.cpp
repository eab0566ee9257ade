// SPDX-License-Identifier: MIT
//
// A sequence of one channel has a channel, too.
//
// EXPECT: \[sequence_rank\]
// EXPECT: at_layer<0, .*Conv1d<1, 4, .*Kernel<3>
// EXPECT: received<.*Shape<20>
// EXPECT: corrected<.*Input<1, 20>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 20>, Conv1d<1, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<20>, Conv1d<1, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 18>{});
void use_it(Net& changed) { use(changed); }

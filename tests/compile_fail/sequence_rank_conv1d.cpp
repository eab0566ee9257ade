// SPDX-License-Identifier: MIT
//
// Conv1d behind Flatten.
//
// EXPECT: \[sequence_rank\] .*move it before Flatten, or begin the network with Input<C, L>
// EXPECT: at_layer<1, .*Conv1d<2, 4, .*Kernel<3>
// EXPECT: received<.*Shape<40>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>>, Flatten>;
#else
using Net = Sequential<Input<2, 20>, Flatten, Conv1d<2, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<72>{});
void use_it(Net& changed) { use(changed); }

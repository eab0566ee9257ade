// SPDX-License-Identifier: MIT
//
// Two sizes, and sequences have one axis.
//
// EXPECT: \[unknown_option\] .*layers of sequences take one size
// EXPECT: at_layer<0, .*Conv1d<2, 4, .*Kernel<1, 3>
// EXPECT: received<.*Shape<2, 20>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<1, 3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 18>{});
void use_it(Net& changed) { use(changed); }

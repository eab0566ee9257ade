// SPDX-License-Identifier: MIT
//
// BatchNorm1d of a sequence with another number of channels.
//
// EXPECT: \[in_channels\]
// EXPECT: at_layer<1, .*BatchNorm1d<9>
// EXPECT: received<.*Shape<4, 9>
// EXPECT: wanted<9>
// EXPECT: corrected<.*BatchNorm1d<4>
#include "use.hpp"

#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 11>, Conv1d<2, 4, Kernel<3>>, BatchNorm1d<4>>;
#else
using Net = Sequential<Input<2, 11>, Conv1d<2, 4, Kernel<3>>, BatchNorm1d<9>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 9>{});
void use_it(Net& changed) { use(changed); }

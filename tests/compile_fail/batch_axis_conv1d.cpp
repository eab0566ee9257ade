// SPDX-License-Identifier: MIT
//
// The shape of a batch, as PyTorch's tensors have it: 64 sequences.
//
// EXPECT: \[batch_axis\] Input is the shape of one image and has no batch axis
// EXPECT: at_layer<0, .*Conv1d<3, 4
// EXPECT: received<.*Shape<64, 3, 20>
// EXPECT: corrected<.*Input<3, 20>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3, 20>, Conv1d<3, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<64, 3, 20>, Conv1d<3, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 18>{});
void use_it(Net& changed) { use(changed); }

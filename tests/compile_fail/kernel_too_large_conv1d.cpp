// SPDX-License-Identifier: MIT
//
// A kernel longer than the sequence.
//
// EXPECT: \[kernel_too_large\]
// EXPECT: at_layer<0, .*Conv1d<2, 4, .*Kernel<3>, .*Dilation<10>
// EXPECT: received<.*Shape<2, 20>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>, Dilation<9>>>;
#else
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>, Dilation<10>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A layer of sequences on images.
//
// EXPECT: \[sequence_rank\] .*this layer works on sequences <C, L>
// EXPECT: at_layer<1, .*MaxPool1d<.*Kernel<2>
// EXPECT: received<.*Shape<4, 6, 6>
#include "use.hpp"

#include <ctcnn/layers/pool1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, MaxPool2d<Kernel<2>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, MaxPool1d<Kernel<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 3, 3>{});
void use_it(Net& changed) { use(changed); }

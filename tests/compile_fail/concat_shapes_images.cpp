// SPDX-License-Identifier: MIT
//
// Images of different heights cannot be put together along the channels.
//
// EXPECT: \[concat_shapes\] .*the same height and width
// EXPECT: at_layer<0, .*Concat<.*MaxPool2d<
// EXPECT: received<.*Shape<2, 8, 8>
// EXPECT: branch_makes<0, .*Shape<3, 8, 8>.*branch_makes<1, .*Shape<2, 4, 4>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Concat<Conv2d<2, 3, Kernel<2>, Stride<2>>, MaxPool2d<Kernel<2>>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Concat<Conv2d<2, 3, Kernel<1>>, MaxPool2d<Kernel<2>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<5, 4, 4>{});
void use_it(Net& changed) { use(changed); }

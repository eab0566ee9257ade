// SPDX-License-Identifier: MIT
//
// One factor for each channel is <C, 1, 1>, with the same number of channels.
//
// EXPECT: \[multiply_shapes\] .*<C, 1, 1>
// EXPECT: at_layer<0, .*Multiply<
// EXPECT: received<.*Shape<4, 6, 6>
// EXPECT: branch_makes<0, .*Shape<4, 6, 6>.*branch_makes<1, .*Shape<2, 1, 1>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net =
    Sequential<Input<4, 6, 6>, Multiply<ReLU, Sequential<AvgPool2d<Kernel<6>>, Conv2d<4, 4, Kernel<1>>, Sigmoid>>>;
#else
using Net =
    Sequential<Input<4, 6, 6>, Multiply<ReLU, Sequential<AvgPool2d<Kernel<6>>, Conv2d<4, 2, Kernel<1>>, Sigmoid>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

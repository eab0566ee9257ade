// SPDX-License-Identifier: MIT
//
// The layers of a Residual halve the image, and nothing does so beside them.
//
// EXPECT: \[branch_shapes\] .*give Residual a Shortcut
// EXPECT: at_layer<1, .*Residual<.*Conv2d<4, 8, .*Stride<2>
// EXPECT: received<.*Shape<4, 8, 8>
// EXPECT: branch_makes<0, .*Shape<8, 4, 4>.*branch_makes<1, .*Shape<4, 8, 8>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4, 8, 8>, ReLU,
                       Residual<Conv2d<4, 8, Kernel<1>, Stride<2>>, Shortcut<Conv2d<4, 8, Kernel<1>, Stride<2>>>>>;
#else
using Net = Sequential<Input<4, 8, 8>, ReLU, Residual<Conv2d<4, 8, Kernel<1>, Stride<2>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<8, 4, 4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A first Conv2d for color images; the images are gray.
//
// EXPECT: \[in_channels\] .*the first size of the Shape received, or use LazyConv2d
// EXPECT: at_layer<0, .*Conv2d<3, 4, .*Kernel<3>
// EXPECT: received<.*Shape<1, 8, 8>
// EXPECT: wanted<3>
// EXPECT: corrected<.*Conv2d<1, 4, .*Kernel<3>
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 8, 8>, Conv2d<1, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<1, 8, 8>, Conv2d<3, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) { learn(changed, data); }

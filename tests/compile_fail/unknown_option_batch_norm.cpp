// SPDX-License-Identifier: MIT
//
// BatchNorm2d has no bias to leave out: NoAffine leaves out weight and bias.
//
// EXPECT: \[unknown_option\]
// EXPECT: at_layer<0, .*BatchNorm2d<2, .*NoBias
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/batch_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, BatchNorm2d<2, NoAffine>, Conv2d<2, 2, Kernel<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, BatchNorm2d<2, NoBias>, Conv2d<2, 2, Kernel<1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 8>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The shape of other images.
//
// EXPECT: \[normalized_shape\] .*write the Shape received, or LayerNorm<>
// EXPECT: at_layer<1, .*LayerNorm<.*Shape<4, 8, 8>
// EXPECT: received<.*Shape<4, 6, 6>
// EXPECT: corrected<.*LayerNorm<.*Shape<4, 6, 6>
#include "use.hpp"

#include <ctcnn/layers/layer_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, LayerNorm<Shape<4, 6, 6>>>;
#else
using Net = Sequential<Input<2, 8, 8>, Conv2d<2, 4, Kernel<3>>, LayerNorm<Shape<4, 8, 8>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6, 6>{});
void use_it(Net& changed) { use(changed); }

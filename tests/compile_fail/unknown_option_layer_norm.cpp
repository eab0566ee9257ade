// SPDX-License-Identifier: MIT
//
// The running statistics of BatchNorm2d.
//
// EXPECT: \[unknown_option\] .*layers that normalise take Eps, NoAffine
// EXPECT: at_layer<0, .*LayerNorm<.*Momentum<
// EXPECT: received<.*Shape<2, 20>
#include "use.hpp"

#include <ctcnn/layers/layer_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, LayerNorm<>>;
#else
using Net = Sequential<Input<2, 20>, LayerNorm<Momentum<0.1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 20>{});
void use_it(Net& changed) { use(changed); }

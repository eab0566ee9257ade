// SPDX-License-Identifier: MIT
//
// A Residual without layers.
//
// EXPECT: \[too_few_branches\] .*Residual a layer or more
// EXPECT: at_layer<0, .*Residual<.*Shortcut<
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Residual<ReLU, Shortcut<Linear<4, 4>>>>;
#else
using Net = Sequential<Input<4>, Residual<Shortcut<Linear<4, 4>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Percent in place of a probability.
//
// EXPECT: \[bad_probability\] .*from 0 to 1
// EXPECT: at_layer<1, .*Dropout<
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/layers/dropout.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, ReLU, Dropout<0.5>>;
#else
using Net = Sequential<Input<4>, ReLU, Dropout<50.0>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A probability below zero, in a branch.
//
// EXPECT: \[bad_probability\] .*from 0 to 1
// EXPECT: in_block<0, .*at_layer<0, .*Dropout2d<-
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Residual<Dropout2d<0.25>>>;
#else
using Net = Sequential<Input<2, 4, 4>, Residual<Dropout2d<-0.25>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

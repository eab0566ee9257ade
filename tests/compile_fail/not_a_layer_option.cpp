// SPDX-License-Identifier: MIT
//
// An option that stands beside its layer, not inside it.
//
// EXPECT: \[not_a_layer\] .*go inside a layer's own <
// EXPECT: at_layer<1, .*Stride<1>
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>, Stride<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>>, Stride<1>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 7, 7>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// More padding than half of the window, in width only.
//
// EXPECT: \[pooling_padding\] .*make Padding smaller or Kernel larger
// EXPECT: at_layer<0, .*AvgPool2d<.*Kernel<2, 1>, .*Padding<1>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2>, Padding<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, AvgPool2d<Kernel<2, 1>, Padding<1>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 5, 5>{});
void use_it(Net& changed) { use(changed); }

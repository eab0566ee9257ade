// SPDX-License-Identifier: MIT
//
// More padding than half of the window.
//
// EXPECT: \[pooling_padding\] .*at most half of its kernel
// EXPECT: at_layer<0, .*MaxPool2d<.*Kernel<3>, .*Padding<2>
// EXPECT: received<.*Shape<2, 8, 8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<2>, Padding<1>>>;
#else
using Net = Sequential<Input<2, 8, 8>, MaxPool2d<Kernel<3>, Padding<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 5, 5>{});
void use_it(Net& changed) { use(changed); }

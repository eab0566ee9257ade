// SPDX-License-Identifier: MIT
//
// The same elements in another shape.
//
// EXPECT: \[embedded_tensor\] the embedded file is not one of this network
// EXPECT: at_tensor<.*"0\.weight"}>.*in_network<.*Shape<2, 3, 1, 1> *>, .*in_file<.*Shape<2, 3> *>
#include "embedded.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>;
#else
using Net = Sequential<Input<3, 1, 1>, Conv2d<3, 2, Kernel<1>>, Flatten, Linear<2, 1>>;
#endif

inline constexpr Net net = embedded<Net, small_file>();
static_assert(net(Net::input_tensor{}).size() == 1);

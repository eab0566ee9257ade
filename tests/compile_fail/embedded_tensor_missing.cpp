// SPDX-License-Identifier: MIT
//
// A tensor that the file lacks.
//
// EXPECT: \[embedded_tensor\] the embedded file is not one of this network
// EXPECT: at_tensor<.*"3\.weight"}>.*in_network<.*Shape<1, 1> *>, .*in_file<.*absent>
#include "embedded.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>;
#else
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>, Linear<1, 1>>;
#endif

inline constexpr Net net = embedded<Net, small_file>();
static_assert(net(Net::input_tensor{}).size() == 1);

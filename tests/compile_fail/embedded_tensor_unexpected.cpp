// SPDX-License-Identifier: MIT
//
// A tensor that the network lacks.
//
// EXPECT: \[embedded_tensor\] the embedded file is not one of this network
// EXPECT: at_tensor<.*"2\.bias"}>.*in_network<.*absent>, .*in_file<.*Shape<1> *>
#include "embedded.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>;
#else
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1, NoBias>>;
#endif

inline constexpr Net net = embedded<Net, small_file>();
static_assert(net(Net::input_tensor{}).size() == 1);

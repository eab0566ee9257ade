// SPDX-License-Identifier: MIT
//
// Kernel for Linear.
//
// EXPECT: \[unknown_option\] .*this layer does not take one of its options: remove it
// EXPECT: at_layer<0, .*Linear<8, 4, .*Kernel<3
// EXPECT: received<.*Shape<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Input<8>, Linear<8, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The same option twice.
//
// EXPECT: \[repeated_option\]
// EXPECT: at_layer<0, .*GroupNorm<2, 6, .*Eps<.*Eps<
// EXPECT: received<.*Shape<6, 8, 8>
#include "use.hpp"

#include <ctcnn/layers/group_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<6, 8, 8>, GroupNorm<2, 6, Eps<1e-3>>>;
#else
using Net = Sequential<Input<6, 8, 8>, GroupNorm<2, 6, Eps<1e-3>, Eps<1e-5>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 8, 8>{});
void use_it(Net& changed) { use(changed); }

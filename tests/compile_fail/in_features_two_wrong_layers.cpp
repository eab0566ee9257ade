// SPDX-License-Identifier: MIT
//
// Two wrong layers: the first one is named.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: at_layer<0, .*Linear<7, 6>
// EXPECT: received<.*Shape<8>
// EXPECT: wanted<7>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 6>, Linear<6, 4>>;
#else
using Net = Sequential<Input<8>, Linear<7, 6>, Linear<5, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

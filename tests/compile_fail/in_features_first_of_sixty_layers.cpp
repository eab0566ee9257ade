// SPDX-License-Identifier: MIT
//
// Wrong in the first of sixty layers; the message is as long as that of twelve.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: at_layer<0, .*Linear<9, 8>
// EXPECT: received<.*Shape<8>
// EXPECT: wanted<9>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Chosen = Linear<8, 8>;
#else
using Chosen = Linear<9, 8>;
#endif
using Net = SixtyLayersWith<Chosen, ReLU, ReLU>;

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<8>{});
static_assert(Net::layer_count == 60);
void use_it(Net& changed) { use(changed); }

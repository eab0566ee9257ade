// SPDX-License-Identifier: MIT
//
// A dot separates the names of blocks and layers.
//
// EXPECT: \[bad_name\] .*has a dot
// EXPECT: at_layer<0, .*Named<.*Linear<4, 2>
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/named.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Named<"stem", Linear<4, 2>>>;
#else
using Net = Sequential<Input<4>, Named<"stem.0", Linear<4, 2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A mode alone.
//
// EXPECT: \[missing_scale\] .*this layer needs a Scale
// EXPECT: at_layer<0, .*Upsample<.*Bilinear
// EXPECT: received<.*Shape<2, 4, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Upsample<Bilinear, Scale<2>>>;
#else
using Net = Sequential<Input<2, 4, 4>, Upsample<Bilinear>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 8, 8>{});
void use_it(Net& changed) { use(changed); }

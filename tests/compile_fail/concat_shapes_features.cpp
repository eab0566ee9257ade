// SPDX-License-Identifier: MIT
//
// Images and features.
//
// EXPECT: \[concat_shapes\] .*or all of them features
// EXPECT: at_layer<0, .*Concat<
// EXPECT: branch_makes<0, .*Shape<2, 4, 4>.*branch_makes<1, .*Shape<32>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, Concat<Sequential<ReLU, Flatten>, Flatten>>;
#else
using Net = Sequential<Input<2, 4, 4>, Concat<ReLU, Flatten>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<64>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A number is the name of a layer that has none; here the name is a block's.
//
// EXPECT: \[bad_name\] .*is a number
// EXPECT: at_layer<1, .*Named<.*Sequential<
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/named.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, ReLU, Named<"stage1", Sequential<Linear<4, 2>, Tanh>>>;
#else
using Net = Sequential<Input<4>, ReLU, Named<"1", Sequential<Linear<4, 2>, Tanh>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

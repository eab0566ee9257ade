// SPDX-License-Identifier: MIT
//
// A block that is asked for a number before anything else.
//
// EXPECT: \[missing_input\] .*a Sequential without Input is a block, not a network
// EXPECT: Sequential<.*Linear<8, 4>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Linear<8, 4>>;
#endif

static_assert(Net::parameter_count == 36);
constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

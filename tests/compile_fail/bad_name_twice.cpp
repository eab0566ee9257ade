// SPDX-License-Identifier: MIT
//
// Two layers of one block have one name.
//
// EXPECT: \[bad_name\] .*stands twice in one block
// EXPECT: in_block<0, .*the_sequence
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/named.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Sequential<Named<"a", Linear<4, 2>>, Named<"b", Linear<2, 2>>>>;
#else
using Net = Sequential<Input<4>, Sequential<Named<"a", Linear<4, 2>>, Named<"a", Linear<2, 2>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

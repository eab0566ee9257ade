// SPDX-License-Identifier: MIT
//
// Two branches have one name.
//
// EXPECT: \[bad_name\] .*stands twice in one block
// EXPECT: at_layer<0, .*Add<.*Named<
// EXPECT: received<.*Shape<4>
#include "use.hpp"

#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/named.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<4>, Add<Named<"a", Linear<4, 2>>, Named<"b", Linear<4, 2>>>>;
#else
using Net = Sequential<Input<4>, Add<Named<"a", Linear<4, 2>>, Named<"a", Linear<4, 2>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// Each layer is small enough for memory's addresses, all together are not: the sum of the parameters passes 2^61.
//
// EXPECT: \[number_too_large\] .*together they are more than memory can hold
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2>, Linear<2, 3>, Linear<3, 3>, Linear<3, 2>>;
#else
using Net = Sequential<Input<2>, Linear<2, 1100000000>, Linear<1100000000, 1100000000>, Linear<1100000000, 1100000000>,
                       Linear<1100000000, 2>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2>{});
void use_it(Net& changed) { use(changed); }

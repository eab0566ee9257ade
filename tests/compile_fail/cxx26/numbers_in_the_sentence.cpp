// SPDX-License-Identifier: MIT
//
// Where a static_assert takes a composed text, the sentence says where, what arrived and what was wanted: layer 1 of the
// block that is layer 1 of the block that is layer 0.
//
// EXPECT: error: .*\[in_features\] .*, or use LazyLinear; layer 0\.1\.1, Linear<7, 4>, received Shape<8>, wanted 7: write Linear<8, 4>$
#include "../use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Sequential<ReLU, Sequential<Tanh, Linear<8, 4>>>>;
#else
using Net = Sequential<Input<8>, Sequential<ReLU, Sequential<Tanh, Linear<7, 4>>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

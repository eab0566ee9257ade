// SPDX-License-Identifier: MIT
//
// Input stands behind the layers.
//
// EXPECT: \[missing_input\] .*as its first argument
// EXPECT: Sequential<.*Linear<8, 4>.*Input<8>
#include "use.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Linear<8, 4>, Input<8>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The LeNet without the padding in mind: 256 features instead of 400.
//
// EXPECT: \[in_features\] .*the size of the Shape received, or use LazyLinear
// EXPECT: at_layer<7, .*Linear<256, 120>
// EXPECT: received<.*Shape<400>
// EXPECT: wanted<256>
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Chosen = Linear<400, 120>;
#else
using Chosen = Linear<256, 120>;
#endif
using Net = LeNetWith<Chosen>;

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 61706);
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) { learn(changed, data); }

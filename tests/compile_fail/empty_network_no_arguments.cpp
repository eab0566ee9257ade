// SPDX-License-Identifier: MIT
//
// A Sequential of nothing.
//
// EXPECT: \[empty_network\] .*needs at least one layer
// EXPECT: Sequential<>
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) { learn(changed, data); }

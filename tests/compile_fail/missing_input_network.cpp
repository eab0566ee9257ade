// SPDX-License-Identifier: MIT
//
// A network that does not say what its images look like.
//
// EXPECT: \[missing_input\] .*write Input<C, H, W> or Input<Features> as its first argument
// EXPECT: Sequential<.*Linear<8, 4>
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>>;
#else
using Net = Sequential<Linear<8, 4>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) { learn(changed, data); }

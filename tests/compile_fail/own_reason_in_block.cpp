// SPDX-License-Identifier: MIT
//
// The same inside a block, in training.
//
// EXPECT: \[own_reason\] this layer refuses
// EXPECT: in_block<1, .*at_layer<0, user::Even>
// EXPECT: received<.*Shape<3>
// EXPECT: odd_features
#include <ctcnn/ctcnn.hpp>

#include "learn.hpp"
#include "own_layers.hpp"

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>, Sequential<user::Even>>;
#else
using Net = Sequential<Input<8>, Linear<8, 3>, Sequential<user::Even>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void learn_it(Net& changed, const Dataset<Shape<1, 28, 28>>& data) {
    learn(changed, data);
    static_cast<void>(check_gradients(changed).passed());
}

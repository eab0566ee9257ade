// SPDX-License-Identifier: MIT
//
// A layer of a program's own refuses in its own words. clang shows texts of 36 characters, and gets them in pieces: the
// second one would have 37.
//
// EXPECT: \[own_reason\] this layer refuses the shape that arrives for a reason of its own, which says<...> shows
// EXPECT: at_layer<1, user::Even>
// EXPECT: received<.*Shape<3>
// EXPECT-GCC: says<.*"\[odd_features\] Even takes an even number of features, and an odd number arrives"
// EXPECT-CLANG: says<.*"\[odd_features\] Even takes an even".*"number of features, and an odd".*"number arrives"
#include "own_layers.hpp"

#ifndef CTCNN_REJECT
using Net = Sequential<Input<8>, Linear<8, 4>, user::Even>;
#else
using Net = Sequential<Input<8>, Linear<8, 3>, user::Even>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// A layer of a program's own refuses for a reason of the library.
//
// EXPECT: \[in_channels\] the layer's number of input channels must be the number of channels that arrive
// EXPECT: at_layer<0, user::Scale<3>
// EXPECT: received<.*Shape<2, 4, 4>
// EXPECT: wanted<3>
// EXPECT: corrected<user::Scale<2>
#include "own_layers.hpp"

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 4, 4>, user::Scale<2>>;
#else
using Net = Sequential<Input<2, 4, 4>, user::Scale<3>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<2, 4, 4>{});
void use_it(Net& changed) { use(changed); }

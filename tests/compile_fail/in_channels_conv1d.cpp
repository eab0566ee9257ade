// SPDX-License-Identifier: MIT
//
// Other channels than arrive.
//
// EXPECT: \[in_channels\]
// EXPECT: at_layer<0, .*Conv1d<3, 4, .*Kernel<3>
// EXPECT: received<.*Shape<2, 20>
// EXPECT: wanted<3>
// EXPECT: corrected<.*Conv1d<2, 4, .*Kernel<3>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>>>;
#else
using Net = Sequential<Input<2, 20>, Conv1d<3, 4, Kernel<3>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 18>{});
void use_it(Net& changed) { use(changed); }

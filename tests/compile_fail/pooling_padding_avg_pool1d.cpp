// SPDX-License-Identifier: MIT
//
// More padding than half of the kernel.
//
// EXPECT: \[pooling_padding\]
// EXPECT: at_layer<1, .*AvgPool1d<.*Kernel<3>, .*Padding<2>
// EXPECT: received<.*Shape<4, 18>
#include "use.hpp"

#include <ctcnn/layers/conv1d.hpp>
#include <ctcnn/layers/pool1d.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>>, AvgPool1d<Kernel<3>, Padding<1>>>;
#else
using Net = Sequential<Input<2, 20>, Conv1d<2, 4, Kernel<3>>, AvgPool1d<Kernel<3>, Padding<2>>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<4, 6>{});
void use_it(Net& changed) { use(changed); }

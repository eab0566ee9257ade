// SPDX-License-Identifier: MIT
//
// BatchNorm1d of an image, for which there is BatchNorm2d.
//
// EXPECT: \[feature_rank\]
// EXPECT: at_layer<1, .*BatchNorm1d<6>
// EXPECT: received<.*Shape<6, 26, 26>
// EXPECT: corrected<.*BatchNorm2d<6>
#include "use.hpp"

#include <ctcnn/layers/batch_norm.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<3>>, BatchNorm2d<6>>;
#else
using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<3>>, BatchNorm1d<6>>;
#endif

constexpr Net net{};
static_assert(Net::output_shape{} == Shape<6, 26, 26>{});
void use_it(Net& changed) { use(changed); }

// SPDX-License-Identifier: MIT
//
// The sentence holds the tensor and both shapes.
//
// EXPECT: \[embedded_tensor\] .* a file of this network; tensor 0\.weight: Shape<3, 3> in the network, Shape<2, 3> in the file
#include "../embedded.hpp"

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>, ReLU, Linear<2, 1>>;
#else
using Net = Sequential<Input<3>, Linear<3, 3>, ReLU, Linear<3, 1>>;
#endif

inline constexpr Net net = embedded<Net, small_file>();

// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/training.hpp>

// A network with all that is compiled apart: stages that tiles take alone and together, statistics of the batch, random
// numbers, a join.
namespace apart {

using namespace ctcnn;

using Net = Sequential<Input<1, 12, 12>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, ReLU,
                       Residual<Conv2d<4, 4, Kernel<3>, Padding<1>>>, MaxPool2d<Kernel<2>>, Flatten, Linear<144, 20>,
                       ReLU, Dropout<0.25>, Linear<20, 4>>;
/// The same layers, compiled where they are used.
using Same = Sequential<Input<1, 12, 12>, Conv2d<1, 4, Kernel<3>, Padding<1>>, BatchNorm2d<4>, ReLU,
                        Residual<Conv2d<4, 4, Kernel<3>, Padding<1>>>, MaxPool2d<Kernel<2>>, Flatten, Linear<144, 20>,
                        ReLU, Dropout<0.25>, Identity, Linear<20, 4>>;

/// One segment, so that tiles go together.
using Plain = Sequential<Input<1, 12, 12>, Conv2d<1, 4, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>, Flatten,
                         Linear<144, 20>, ReLU, Linear<20, 4>>;
using SamePlain = Sequential<Input<1, 12, 12>, Conv2d<1, 4, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,
                             Flatten, Linear<144, 20>, ReLU, Identity, Linear<20, 4>>;

}  // namespace apart

template <>
inline constexpr bool ctcnn::compiled_apart<apart::Net> = true;
template <>
inline constexpr bool ctcnn::compiled_apart<ctcnn::Prepared<apart::Net>> = true;
template <>
inline constexpr bool ctcnn::compiled_apart<apart::Plain> = true;
template <>
inline constexpr bool ctcnn::compiled_apart<ctcnn::Prepared<apart::Plain>> = true;

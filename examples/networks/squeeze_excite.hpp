// SPDX-License-Identifier: MIT
//
// Squeeze and excitation: each channel times a factor between 0 and 1 that the means of all channels decide.
// Source: Hu, Shen, Sun, "Squeeze-and-excitation networks", CVPR 2018
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace squeeze_excite {

using namespace ctcnn;

/// C channels, and C / Reduction between them.
template <std::size_t C, std::size_t Reduction>
using SqueezeExcite =
    Multiply<Identity,
             Sequential<AdaptiveAvgPool2d<1>,  //
                        Conv2d<C, C / Reduction, Kernel<1>>, ReLU, Conv2d<C / Reduction, C, Kernel<1>>, Sigmoid>>;

/// A small network for digits of 28 x 28 pixels, with the block where SE-ResNet has it.
using SqueezeExciteNet =
    Sequential<Input<1, 28, 28>, Conv2d<1, 16, Kernel<3>, Stride<2>, Padding<1>, NoBias>, BatchNorm2d<16>, ReLU,
               Residual<Conv2d<16, 16, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<16>, ReLU,
                        Conv2d<16, 16, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<16>, SqueezeExcite<16, 4>>,
               ReLU, AdaptiveAvgPool2d<1>, Flatten, Linear<16, 10>>;

// With BatchNorm folded.
static_assert(Fused<SqueezeExciteNet>::parameter_count == 5'118);
static_assert(Fused<SqueezeExciteNet>::multiply_adds == 931'680);

}  // namespace squeeze_excite

using squeeze_excite::SqueezeExciteNet;

// SPDX-License-Identifier: MIT
//
// ResNet-20: 10 classes of images in colour, 32 x 32 pixels (CIFAR-10), with convolutions of 1 x 1 as shortcuts where
// the number of channels changes.
// Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2, option B
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace resnet20 {

using namespace ctcnn;

template <std::size_t In, std::size_t Out, std::size_t Step = 1>
using Conv3x3 = Conv2d<In, Out, Kernel<3>, Stride<Step>, Padding<1>, NoBias>;

template <std::size_t C>
using Block = Sequential<Residual<Conv3x3<C, C>, BatchNorm2d<C>, ReLU, Conv3x3<C, C>, BatchNorm2d<C>>, ReLU>;

/// A block that halves the image.
template <std::size_t In, std::size_t Out>
using Half = Sequential<Residual<Conv3x3<In, Out, 2>, BatchNorm2d<Out>, ReLU, Conv3x3<Out, Out>, BatchNorm2d<Out>,
                                 Shortcut<Conv2d<In, Out, Kernel<1>, Stride<2>, NoBias>, BatchNorm2d<Out>>>,
                        ReLU>;

using ResNet20 = Sequential<Input<3, 32, 32>, Conv3x3<3, 16>, BatchNorm2d<16>, ReLU,  //
                            Repeat<3, Block<16>>,                                     //
                            Half<16, 32>, Repeat<2, Block<32>>,                       //
                            Half<32, 64>, Repeat<2, Block<64>>,                       //
                            AdaptiveAvgPool2d<1>, Flatten, Linear<64, 10>>;

// With BatchNorm folded.
static_assert(Fused<ResNet20>::parameter_count == 271'690);
static_assert(Fused<ResNet20>::multiply_adds == 40'813'184);

}  // namespace resnet20

using resnet20::ResNet20;

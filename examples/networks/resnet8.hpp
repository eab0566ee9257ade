// SPDX-License-Identifier: MIT
//
// ResNet-8 of MLPerf Tiny: 10 classes of images in colour, 32 x 32 pixels (CIFAR-10).
// Source: Banbury et al., "MLPerf Tiny benchmark", NeurIPS 2021, after He et al., CVPR 2016. TensorFlow pads strided
// convolutions at the bottom and at the right only.
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace resnet8 {

using namespace ctcnn;

template <std::size_t In, std::size_t Out, std::size_t Step = 1>
using Conv3x3 = Conv2d<In, Out, Kernel<3>, Stride<Step>, Padding<1>, NoBias>;

/// A stage that halves the image.
template <std::size_t In, std::size_t Out>
using Half = Sequential<Residual<Conv3x3<In, Out, 2>, BatchNorm2d<Out>, ReLU, Conv3x3<Out, Out>, BatchNorm2d<Out>,
                                 Shortcut<Conv2d<In, Out, Kernel<1>, Stride<2>>>>,
                        ReLU>;

/// On Channels x Size x Size pixels.
template <std::size_t Channels, std::size_t Size>
using ResNet8On =
    Sequential<Input<Channels, Size, Size>, Conv3x3<Channels, 16>, BatchNorm2d<16>, ReLU,
               Residual<Conv3x3<16, 16>, BatchNorm2d<16>, ReLU, Conv3x3<16, 16>, BatchNorm2d<16>>, ReLU,  //
               Half<16, 32>, Half<32, 64>, AdaptiveAvgPool2d<1>, Flatten, Linear<64, 10>>;

using ResNet8 = ResNet8On<3, 32>;

// With BatchNorm folded, as MLPerf Tiny counts.
static_assert(Fused<ResNet8>::parameter_count == 77'706);
static_assert(Fused<ResNet8>::multiply_adds == 12'501'632);

}  // namespace resnet8

using resnet8::ResNet8;

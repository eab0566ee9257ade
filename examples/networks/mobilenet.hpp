// SPDX-License-Identifier: MIT
//
// MobileNetV1-0.25 of MLPerf Tiny: whether an image in colour, 96 x 96 pixels, shows a person.
// Source: Howard et al., "MobileNets", 2017, with a quarter of the channels; Banbury et al., "MLPerf Tiny benchmark",
// NeurIPS 2021. TensorFlow pads strided convolutions at the bottom and at the right only.
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace mobilenet {

using namespace ctcnn;

/// A depthwise separable convolution: a filter for each channel, then 1 x 1 over all channels.
template <std::size_t In, std::size_t Out, std::size_t Step = 1>
using Separable = Sequential<Conv2d<In, In, Kernel<3>, Stride<Step>, Padding<1>, Groups<In>, NoBias>, BatchNorm2d<In>,
                             ReLU, Conv2d<In, Out, Kernel<1>, NoBias>, BatchNorm2d<Out>, ReLU>;

using MobileNetV1 = Sequential<Input<3, 96, 96>, Conv2d<3, 8, Kernel<3>, Stride<2>, Padding<1>, NoBias>, BatchNorm2d<8>,
                               ReLU, Separable<8, 16>,                                 //
                               Separable<16, 32, 2>, Separable<32, 32>,                //
                               Separable<32, 64, 2>, Separable<64, 64>,                //
                               Separable<64, 128, 2>, Repeat<5, Separable<128, 128>>,  //
                               Separable<128, 256, 2>, Separable<256, 256>,            //
                               AdaptiveAvgPool2d<1>, Flatten, Linear<256, 2>>;

// With BatchNorm folded, as MLPerf Tiny counts.
static_assert(Fused<MobileNetV1>::parameter_count == 210'850);
static_assert(Fused<MobileNetV1>::multiply_adds == 7'489'664);

}  // namespace mobilenet

using mobilenet::MobileNetV1;

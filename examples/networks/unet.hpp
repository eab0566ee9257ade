// SPDX-License-Identifier: MIT
//
// A small U-Net: an image of 32 x 32 pixels becomes another one, such as a mask. Each level computes on half the pixels
// of the one outside it, and its result lies beside what arrived.
// Source: Ronneberger, Fischer, Brox, "U-Net: Convolutional networks for biomedical image segmentation", MICCAI 2015,
// with padding and BatchNorm
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace unet {

using namespace ctcnn;

template <std::size_t In, std::size_t Out>
using Twice = Sequential<Conv2d<In, Out, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<Out>, ReLU,
                         Conv2d<Out, Out, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<Out>, ReLU>;

/// What arrives, C channels, and as many from the level inside, which makes 2 C.
template <std::size_t C, typename... Inside>
using Level =
    Concat<Identity, Sequential<MaxPool2d<Kernel<2>>, Inside..., ConvTranspose2d<2 * C, C, Kernel<2>, Stride<2>>>>;

using UNet = Sequential<Input<1, 32, 32>, Twice<1, 8>,
                        Level<8, Twice<8, 16>,           //
                              Level<16, Twice<16, 32>>,  //
                              Twice<32, 16>>,
                        Twice<16, 8>, Conv2d<8, 1, Kernel<1>>>;

// With BatchNorm folded.
static_assert(Fused<UNet>::parameter_count == 29'321);
static_assert(Fused<UNet>::multiply_adds == 6'242'304);

}  // namespace unet

using unet::UNet;

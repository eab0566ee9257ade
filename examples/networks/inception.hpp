// SPDX-License-Identifier: MIT
//
// The Inception block: four branches with kernels of different sizes, one beside the other.
// Source: Szegedy et al., "Going deeper with convolutions", CVPR 2015
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace inception {

using namespace ctcnn;

/// What the branches make: 1 x 1; 3 x 3 behind 1 x 1; 5 x 5 behind 1 x 1; 1 x 1 behind a pool.
template <std::size_t In, std::size_t Out1, std::size_t Before3, std::size_t Out3, std::size_t Before5,
          std::size_t Out5, std::size_t OutPool>
using Inception = Concat<Sequential<Conv2d<In, Out1, Kernel<1>>, ReLU>,
                         Sequential<Conv2d<In, Before3, Kernel<1>>, ReLU,  //
                                    Conv2d<Before3, Out3, Kernel<3>, Padding<1>>, ReLU>,
                         Sequential<Conv2d<In, Before5, Kernel<1>>, ReLU,  //
                                    Conv2d<Before5, Out5, Kernel<5>, Padding<2>>, ReLU>,
                         Sequential<MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Conv2d<In, OutPool, Kernel<1>>, ReLU>>;

/// Inception (3a) of GoogLeNet.
using Inception3a = Sequential<Input<192, 28, 28>, Inception<192, 64, 96, 128, 16, 32, 32>>;
static_assert(Inception3a::output_shape{} == Shape<256, 28, 28>{});
static_assert(Inception3a::parameter_count == 163'696);
static_assert(Inception3a::multiply_adds == 128'049'152);

/// A small network of two blocks for digits of 28 x 28 pixels.
using InceptionNet = Sequential<Input<1, 28, 28>, Conv2d<1, 16, Kernel<3>, Padding<1>>, ReLU, MaxPool2d<Kernel<2>>,
                                Inception<16, 8, 8, 16, 4, 8, 8>, MaxPool2d<Kernel<2>>,
                                Inception<40, 16, 16, 32, 8, 16, 16>, AdaptiveAvgPool2d<1>, Flatten, Linear<80, 10>>;
static_assert(InceptionNet::parameter_count == 13'574);
static_assert(InceptionNet::multiply_adds == 1'076'448);

}  // namespace inception

using inception::InceptionNet;

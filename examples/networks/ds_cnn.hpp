// SPDX-License-Identifier: MIT
//
// DS-CNN of MLPerf Tiny: 12 classes of speech, a second of it as 49 frames of 10 coefficients (MFCC).
// Source: Zhang, Suda, Lai, Chandra, "Hello edge: Keyword spotting on microcontrollers", 2017; Banbury et al., "MLPerf
// Tiny benchmark", NeurIPS 2021
#pragma once

#include <cstddef>

#include <ctcnn/inference.hpp>

namespace ds_cnn {

using namespace ctcnn;

/// A depthwise separable convolution: a filter for each channel, then 1 x 1 over all channels.
template <std::size_t Channels>
using Separable = Sequential<Conv2d<Channels, Channels, Kernel<3>, Padding<1>, Groups<Channels>, NoBias>,
                             BatchNorm2d<Channels>, ReLU,  //
                             Conv2d<Channels, Channels, Kernel<1>, NoBias>, BatchNorm2d<Channels>, ReLU>;

/// The layers behind the first convolution and its BatchNorm.
template <std::size_t Classes>
using Rest = Sequential<Dropout<0.2>, Repeat<4, Separable<64>>, Dropout<0.4>, AdaptiveAvgPool2d<1>, Flatten,
                        Linear<64, Classes>>;

/// Padded as in TensorFlow: 4 rows of zeros above, 5 below.
using DSCNN = Sequential<Input<1, 49, 10>, ZeroPad2d<1, 1, 4, 5>, Conv2d<1, 64, Kernel<10, 4>, Stride<2>, NoBias>,
                         BatchNorm2d<64>, ReLU, Rest<12>>;

/// For digits of 28 x 28 pixels.
using DSCNNOnDigits = Sequential<Input<1, 28, 28>, Conv2d<1, 64, Kernel<5>, Stride<2>, Padding<2>, NoBias>,
                                 BatchNorm2d<64>, ReLU, Rest<10>>;

// With BatchNorm folded, as MLPerf Tiny counts.
static_assert(Fused<DSCNN>::parameter_count == 22'604);
static_assert(Fused<DSCNN>::multiply_adds == 2'656'768);

}  // namespace ds_cnn

using ds_cnn::DSCNN;

// SPDX-License-Identifier: MIT
//
// Pooling: a window moves over each channel for itself and keeps its largest number, or the mean; there is nothing to
// learn. Its stride is as large as its kernel unless you say otherwise, so that the windows lie side by side.
#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

using Largest = Sequential<Input<1, 3, 3>, MaxPool2d<Kernel<2>, Stride<1>>>;
using Mean = Sequential<Input<1, 3, 3>, AvgPool2d<Kernel<2>, Stride<1>>>;
static_assert(Largest::output_shape{} == Shape<1, 2, 2>{});
static_assert(Largest::parameter_count == 0);

// Side by side: 28 x 28 becomes 14 x 14, and the channels stay as they are.
static_assert(Sequential<Input<6, 28, 28>, AvgPool2d<Kernel<2>>>::output_shape{} == Shape<6, 14, 14>{});

constexpr Tensor<float, Shape<1, 3, 3>> image{1, 2, 3,  //
                                              4, 5, 6,  //
                                              7, 8, 9};
static_assert(Largest{}(image) == Tensor<float, Shape<1, 2, 2>>{5, 6,  //
                                                                8, 9});
static_assert(Mean{}(image) == Tensor<float, Shape<1, 2, 2>>{3, 4,  //
                                                             6, 7});

// With padding: a pixel of the border is never the largest, but counts as 0 in a mean.
using PaddedLargest = Sequential<Input<1, 3, 3>, MaxPool2d<Kernel<2>, Padding<1>, Stride<2>>>;
using PaddedMean = Sequential<Input<1, 3, 3>, AvgPool2d<Kernel<2>, Padding<1>, Stride<2>>>;
static_assert(PaddedLargest{}(image) == Tensor<float, Shape<1, 2, 2>>{1, 3,  //
                                                                      7, 9});
static_assert(PaddedMean{}(image) == Tensor<float, Shape<1, 2, 2>>{0.25f, 1.25f,  //
                                                                   2.75f, 7});

int main() {
    show("image", image);
    show("largest of each 2 x 2", Largest{}(image));
    show("mean of each 2 x 2", Mean{}(image));
    show("mean with padding 1 and stride 2", PaddedMean{}(image));
}

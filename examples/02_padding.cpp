// SPDX-License-Identifier: MIT
//
// Padding: a border of zeros around the image, so that the pixels at its edge count as often as the others.
// Without padding every convolution makes the image smaller; with Padding<2>, a kernel of 5 leaves its size as it is.
#include <algorithm>

#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

using Padded = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, Padding<1>, NoBias>>;
static_assert(Padded::output_shape{} == Shape<1, 4, 4>{});

// Options are types, and may stand in any order. A size is (size + 2 * padding - kernel) + 1: 28 + 2 * 2 - 5 + 1 = 28.
using SameSize = Sequential<Input<1, 28, 28>, Conv2d<1, 6, Kernel<5>, Padding<2>>>;
static_assert(SameSize::output_shape{} == Shape<6, 28, 28>{});

constexpr Tensor<float, Shape<1, 3, 3>> image{1, 2, 3,  //
                                              4, 5, 6,  //
                                              7, 8, 9};

constexpr Padded net = [] {
    Padded result{};
    std::ranges::copy(Tensor<float, Shape<1, 1, 2, 2>>{0, 1, 2, 3}.values, result.layer<0>().weight.span().begin());
    return result;
}();

// The first place, of which three pixels are padding: 0*0 + 1*0 + 2*0 + 3*1 = 3.
constexpr auto convolved = net(image);
static_assert(convolved == Tensor<float, Shape<1, 4, 4>>{3, 8, 13, 6,     //
                                                         13, 25, 31, 12,  //
                                                         25, 43, 49, 18,  //
                                                         7, 8, 9, 0});

int main() {
    show("image", image);
    show("the convolution with padding 1", convolved);
}

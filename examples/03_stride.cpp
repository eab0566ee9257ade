// SPDX-License-Identifier: MIT
//
// Stride: how far the kernel moves from place to place, so that the image that it leaves is smaller.
// Kernel, stride and padding may differ between the axes: the first number is for the height, the second for the width.
#include <algorithm>

#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

// A size is (size + 2 * padding - kernel) / stride + 1, rounded down: (3 + 2 - 2) / 2 + 1 = 2.
using Both = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, Padding<1>, Stride<2>, NoBias>>;
using Vertical = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, Padding<1>, Stride<2, 1>, NoBias>>;
static_assert(Both::output_shape{} == Shape<1, 2, 2>{});
static_assert(Vertical::output_shape{} == Shape<1, 2, 4>{});

using Rectangular = Sequential<Input<1, 8, 8>, Conv2d<1, 1, Kernel<3, 2>, Padding<1, 2>, Stride<2, 1>>>;
static_assert(Rectangular::output_shape{} == Shape<1, 4, 11>{});

/// The 2 x 2 kernel of the course on the image of the course.
template <typename Net>
constexpr auto convolve() {
    Net net{};
    std::ranges::copy(Tensor<float, Shape<1, 1, 2, 2>>{0, 1, 2, 3}.values, net.parameters().begin());
    return net({1, 2, 3, 4, 5, 6, 7, 8, 9});
}

// Every other row and column of what stride 1 gives, and every other row.
static_assert(convolve<Both>() == Tensor<float, Shape<1, 2, 2>>{3, 13,  //
                                                                25, 49});
static_assert(convolve<Vertical>() == Tensor<float, Shape<1, 2, 4>>{3, 8, 13, 6,  //
                                                                    25, 43, 49, 18});

int main() {
    show("stride 2", convolve<Both>());
    show("stride 2 from row to row, 1 from column to column", convolve<Vertical>());
}

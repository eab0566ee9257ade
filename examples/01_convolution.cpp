// SPDX-License-Identifier: MIT
//
// The convolution: a kernel moves over an image, and at each place its numbers, times the pixels below it, are added
// up. A network is a type: the compiler knows its shapes, and here it even computes the result before the program runs.
#include <algorithm>

#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

// A 2 x 2 kernel from one channel to one channel. In a 3 x 3 image it has 2 x 2 places.
using Net = Sequential<Input<1, 3, 3>, Conv2d<1, 1, Kernel<2>, NoBias>>;
static_assert(Net::output_shape{} == Shape<1, 2, 2>{});
static_assert(Net::parameter_count == 4);

constexpr Tensor<float, Shape<1, 3, 3>> image{1, 2, 3,  //
                                              4, 5, 6,  //
                                              7, 8, 9};
constexpr Tensor<float, Shape<1, 1, 2, 2>> kernel{0, 1,  //
                                                  2, 3};

constexpr Net net = [] {
    Net result{};
    std::ranges::copy(kernel.values, result.layer<0>().weight.span().begin());
    return result;
}();

// The first place: 0*1 + 1*2 + 2*4 + 3*5 = 25.
constexpr auto convolved = net(image);
static_assert(convolved == Tensor<float, Shape<1, 2, 2>>{25, 31,  //
                                                         43, 49});

int main() {
    show("image", image);
    show("kernel", kernel);
    show("image * kernel", convolved);
}

// SPDX-License-Identifier: MIT
// Prepared networks compute what their networks do: convolutions.
#include <ctcnn/run/prepared.hpp>

#include <ctcnn/inference.hpp>

#include <cstddef>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;
using prepared::check;
using prepared::check_both;
using prepared::Conv3;

TEST_CASE("Convolutions with strides, groups, dilation and other kernels") {
    check<Sequential<Input<3, 17, 15>, Conv2d<3, 32, Kernel<3>, Stride<2>, Padding<1>>, ReLU,
                     Conv2d<32, 32, Kernel<3>, Groups<32>, Padding<1>>, ReLU, Conv2d<32, 24, Kernel<1>>, ReLU,
                     Conv2d<24, 24, Kernel<3>, Groups<24>, Padding<1>, Stride<2>>, ReLU, Conv2d<24, 40, Kernel<1>>,
                     ReLU, AdaptiveAvgPool2d<1>, Flatten, Linear<40, 10>>>();
    check_both<
        Sequential<Input<8, 13, 12>, Conv2d<8, 16, Kernel<3, 5>, Padding<1, 2>, Dilation<2, 1>>, Tanh,
                   Conv2d<16, 32, Kernel<5>, Groups<2>, Padding<2>>, ReLU,
                   Conv2d<32, 48, Kernel<3>, Groups<16>, Stride<1, 2>>, ReLU, Conv2d<48, 5, Kernel<2>, Dilation<2>>>>();
    check<Sequential<Input<16, 9, 9>, Conv2d<16, 16, Kernel<7>, Padding<3>>, ReLU, Conv2d<16, 32, Kernel<1>, Stride<2>>,
                     ReLU, Conv3<32, 1>, Sigmoid>>();
    // Two readers of one value, which need different borders.
    check<Sequential<Input<3, 10, 10>, Conv3<3, 16>, ReLU,
                     Concat<Conv2d<16, 16, Kernel<1>>, Conv3<16, 20>, Conv2d<16, 24, Kernel<5>, Padding<2>>>, ReLU,
                     Conv2d<60, 8, Kernel<3>>>>();
}

// SPDX-License-Identifier: MIT
// Prepared networks compute what their networks do: branches.
#include <ctcnn/run/prepared.hpp>

#include <ctcnn/inference.hpp>

#include <cstddef>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;
using prepared::check;
using prepared::check_both;
using prepared::Conv3;

namespace {

template <std::size_t C>
using Normalised = Sequential<Input<C, 2, 2>, Residual<Conv2d<C, C, Kernel<3>, Padding<1>>, GroupNorm<1, C>>>;

template <std::size_t C>
using Grouped =
    Sequential<Input<C, 4, 4>, Residual<Conv2d<C, C, Kernel<1>>, Conv2d<C, C, Kernel<3>, Padding<1>, Groups<C>>>>;

}  // namespace

// Graphs of one size are constants of one type.
TEST_CASE("Several networks in one file whose graphs have the same size") {
    check<Normalised<2>>();
    check<Normalised<3>>();
    check<Normalised<20>>();
    check_both<Grouped<2>>();
    check_both<Grouped<3>>();
    check_both<Grouped<18>>();
}

TEST_CASE("Branches") {
    using Block = Residual<Conv3<16, 16, NoBias>, BatchNorm2d<16>, ReLU, Conv3<16, 16, NoBias>, BatchNorm2d<16>>;
    using Down = Residual<Conv3<16, 32, Stride<2>, NoBias>, BatchNorm2d<32>, ReLU, Conv3<32, 32>, BatchNorm2d<32>,
                          Shortcut<Conv2d<16, 32, Kernel<1>, Stride<2>, NoBias>, BatchNorm2d<32>>>;
    check_both<Sequential<Input<3, 16, 16>, Conv3<3, 16>, BatchNorm2d<16>, ReLU, Block, ReLU, Down, ReLU,
                          AdaptiveAvgPool2d<1>, Flatten, Linear<32, 10>>>();
    // Squeeze and excite.
    check<Sequential<Input<3, 8, 8>, Conv3<3, 24>, ReLU,
                     Multiply<Identity, Sequential<AdaptiveAvgPool2d<1>, Conv2d<24, 6, Kernel<1>>, ReLU,
                                                   Conv2d<6, 24, Kernel<1>>, Sigmoid>>,
                     Conv2d<24, 4, Kernel<1>>>>();
    // Concatenations of parts of whole blocks, of others, and of features.
    check<Sequential<Input<3, 8, 8>, Concat<Conv3<3, 16>, Conv3<3, 32>>, ReLU, Concat<Conv3<48, 5>, Conv3<48, 20>>,
                     MaxPool2d<Kernel<2>>, Conv3<25, 7>>>();
    check<Sequential<Input<20>, Concat<Linear<20, 10>, Sequential<Linear<20, 7>, ReLU>, Identity>, Linear<37, 10>>>();
    check<Sequential<Input<3, 8, 8>, Concat<Conv3<3, 16>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>, Identity>,
                     Conv3<22, 4>>>();
    check<Sequential<Input<2, 6, 6>, Concat<Sequential<Conv3<2, 16>, Flatten>, Flatten>, Linear<648, 3>>>();
    // A U-Net.
    check<Sequential<Input<1, 8, 8>, Conv3<1, 16>, ReLU,
                     Concat<Identity, Sequential<MaxPool2d<Kernel<2>>, Conv3<16, 32>, ReLU,
                                                 ConvTranspose2d<32, 16, Kernel<2>, Stride<2>>>>,
                     Conv3<32, 16>, ReLU, Conv2d<16, 2, Kernel<1>>>>();
}

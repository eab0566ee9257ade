// SPDX-License-Identifier: MIT
// Prepared networks compute what their networks do: every kind of layer.
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

/// A layer of a program's own.
struct Square : CustomLayer<Square> {
    static constexpr void forward(auto x, auto y) {
        for (const auto [c, h, w] : x.indices()) y(c, h, w) = x(c, h, w) * x(c, h, w);
    }
    static constexpr void backward(auto x, auto grad_y, auto grad_x) {
        for (const auto [c, h, w] : x.indices()) grad_x(c, h, w) = (x(c, h, w) + x(c, h, w)) * grad_y(c, h, w);
    }
};

}  // namespace

TEST_CASE("Flatten behind blocks that are filled up") {
    check_both<Sequential<Input<3, 6, 5>, Conv3<3, 10>, ReLU, Flatten, Linear<300, 20>, ReLU, Linear<20, 3>>>();
    check<Sequential<Input<3, 6, 6>, Conv3<3, 18>, ReLU, MaxPool2d<Kernel<2>>, Flatten, Linear<162, 5>>>();
    // Read by a layer without a prepared kernel, and with a border by another one.
    check<Sequential<Input<3, 6, 5>, Conv3<3, 10>, Flatten, LayerNorm<>, Linear<300, 2>>>();
    check<Sequential<Input<3, 4, 4>, Conv3<3, 20>, ReLU,
                     Concat<Sequential<Conv3<20, 2>, Flatten>, Sequential<Flatten, Linear<320, 6>>>, Linear<38, 3>>>();
    check<Sequential<Input<64>, Unflatten<4, 4, 4>, Conv3<4, 16>, ReLU, Flatten, Unflatten<16, 4, 4>, Conv3<16, 16>,
                     Flatten, Linear<256, 48>, Unflatten<3, 4, 4>, Conv2d<3, 4, Kernel<3>>>>();
}

TEST_CASE("Layers without a prepared kernel, among others") {
    check<Sequential<Input<3, 9, 9>, Conv3<3, 16>, Square, Conv3<16, 20>, GELU, BatchNorm2d<20>, Conv3<20, 16>,
                     GroupNorm<4, 16>, PReLU<>, ConvTranspose2d<16, 20, Kernel<3>>, ReLU, Conv3<20, 16>,
                     Upsample<Scale<2>>, ZeroPad2d<1, 0, 2, 1>, Conv3<16, 4>, Softmax>>();
    check<Sequential<Input<3, 9, 9>, Conv3<3, 16>, Dropout<0.5>, Square, Flatten, Linear<1296, 4>, LogSoftmax>>();
}

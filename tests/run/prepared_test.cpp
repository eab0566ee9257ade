// SPDX-License-Identifier: MIT
// Prepared networks compute what their networks do: chains, branches, and every kind of layer.
#include <ctcnn/run/prepared.hpp>

#include <ctcnn/inference.hpp>
#include <ctcnn/model/prepare.hpp>

#include <cstddef>
#include <cstdint>

#include "catch.hpp"
#include "prepared.hpp"

using namespace ctcnn;

namespace {

template <typename Net>
void check() {
    const Net net = prepared::drawn<Net>();
    const auto fast = prepare(net);
    Workspace<Prepared<Net>> buffers;
    for (std::uint64_t seed = 2; seed < 5; ++seed) {
        const auto image = prepared::image_of<Net>(seed);
        const auto outputs = fast(image, buffers);
        CHECK(prepared::difference(net(image), outputs) < prepared::limit<typename Net::scalar>);
        // A workspace that has been used, and a new one.
        CHECK(outputs == fast(image, buffers));
        CHECK(outputs == fast(image));
    }
}

template <typename Net>
void check_both() {
    check<Net>();
    check<typename Net::template with_scalar<double>>();
}

template <std::size_t In, std::size_t Out, typename... Options>
using Conv3 = Conv2d<In, Out, Kernel<3>, Padding<1>, Options...>;

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

TEST_CASE("A prepared chain computes what its network does") {
    check<Sequential<Input<3, 12, 12>, Conv2d<3, 20, Kernel<3>>, ReLU, Conv2d<20, 24, Kernel<3>>, ReLU,
                     MaxPool2d<Kernel<2>>, Flatten, Linear<384, 40>, ReLU, Linear<40, 10>>>();
    check_both<
        Sequential<Input<3, 11, 9>, Conv3<3, 16>, BatchNorm2d<16>, ReLU, Conv3<16, 32, NoBias>, BatchNorm2d<32>, ReLU,
                   MaxPool2d<Kernel<2>>, Conv3<32, 16>, ReLU, AvgPool2d<Kernel<2>>, Flatten, Linear<64, 3>>>();
    // Planes that share sets of the cache, in blocks and in one.
    check<Sequential<Input<16, 32, 16>, Conv2d<16, 32, Kernel<1>>, ReLU, Conv2d<32, 16, Kernel<1>>>>();
}

TEST_CASE("A prepared network of one layer") {
    check<Sequential<Input<5>, Linear<5, 3>>>();
    check<Sequential<Input<64>, Linear<64, 32, NoBias>>>();
    check<Sequential<Input<3, 8, 8>, Conv2d<3, 7, Kernel<3>>>>();
    check<Sequential<Input<32, 8, 8>, Conv3<32, 32>>>();
    check<Sequential<Input<4, 6, 6>, MaxPool2d<Kernel<2>>>>();
    check<Sequential<Input<4, 6, 6>, ReLU>>();
    check<Sequential<Input<4, 6, 6>, Flatten>>();
    check<Sequential<Input<4, 6, 6>, BatchNorm2d<4>>>();
    check<Sequential<Input<4, 6, 6>, Residual<Identity>>>();
    check<Sequential<Input<5, 7>, Conv1d<5, 3, Kernel<3>>>>();
}

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

TEST_CASE("Pools") {
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, MaxPool2d<Kernel<2>>, ReLU, Conv3<20, 20>, Tanh,
                     AvgPool2d<Kernel<2>>, Conv3<20, 17>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, MaxPool2d<Kernel<3>, Stride<2>, Padding<1>>, Conv3<20, 20>,
                     AvgPool2d<Kernel<3>, Stride<1>, Padding<1>>, Conv3<20, 8>, AvgPool2d<Kernel<2>, CeilMode>,
                     MaxPool2d<Kernel<2>, CeilMode>>>();
    check<Sequential<Input<3, 13, 11>, Conv3<3, 20>, ReLU, AvgPool2d<Kernel<3>, Stride<2>, Padding<1>, NoCountPadding>,
                     Conv3<20, 8>, AdaptiveAvgPool2d<3, 2>>>();
    check<Sequential<Input<3, 12, 12>, Conv3<3, 32>, ReLU, AdaptiveAvgPool2d<6>, Conv3<32, 20>, ReLU,
                     AdaptiveAvgPool2d<1>, Flatten, Linear<20, 4>>>();
    // A pooling that is not the only reader.
    check<Sequential<Input<3, 8, 8>, Conv3<3, 16>, ReLU,
                     Add<MaxPool2d<Kernel<2>>, Conv2d<16, 16, Kernel<2>, Stride<2>>>, Conv3<16, 4>>>();
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

TEST_CASE("Sequences") {
    check<Sequential<Input<4, 50>, Conv1d<4, 16, Kernel<5>, Padding<2>>, ReLU, MaxPool1d<Kernel<2>>,
                     Conv1d<16, 40, Kernel<3>>, ReLU, Flatten, Linear<920, 6>>>();
    check<Sequential<Input<20, 30>, Conv1d<20, 20, Kernel<3>, Groups<20>, Padding<1>>, Conv1d<20, 40, Kernel<1>>, ReLU,
                     Conv1d<40, 8, Kernel<3>, Stride<2>, Dilation<2>>>>();
}

// SPDX-License-Identifier: MIT
//
// It must throw LossNotFinite also with -Ofast / -ffinite-math-only: a NaN pixel under an overlapping or padded max
// pooling. Without these flags it does; with them the pooling loses the NaN (value == value is folded) and training
// goes on.
//
// EXPECT: runs
// FLAGS: -Ofast
#include <cstring>
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<1, 4, 4>, MaxPool2d<Kernel<3>, Padding<1>>, Flatten, LazyLinear<2>>;
volatile std::uint32_t nan_bits = 0x7fc00000u;
int main() {
    std::vector<Net::input_tensor> x(64);
    std::vector<std::uint8_t> y(64);
    const std::uint32_t bits = nan_bits;
    std::memcpy(&x[20].values[5], &bits, 4);
    Net net{};
    initialize(net, KaimingUniform{});
    try {
        fit(net, Dataset<Shape<1, 4, 4>>(x, y), SGD{.lr = 0.1f}, {.batch_size = 16});
    } catch (const LossNotFinite&) {
        return 0;
    }
    return 1;
}

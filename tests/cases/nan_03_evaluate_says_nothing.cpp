// SPDX-License-Identifier: MIT
//
// It must be noticed: evaluate of a network with a NaN parameter gives the accuracy of answering 0 always (all
// comparisons with NaN are false); torch's argmax would show NaN's index. Right: an exception, or accuracy counts
// such an image as wrong.
//
// EXPECT: runs
#include <cstring>
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;
volatile std::uint32_t nan_bits = 0x7fc00000u;
int main() {
    Net net{};
    initialize(net, KaimingUniform{});
    const std::uint32_t bits = nan_bits;
    std::memcpy(&net.parameters()[0], &bits, 4);
    std::memcpy(&net.parameters()[4], &bits, 4);
    const Dataset<Shape<4>> data(std::vector<Net::input_tensor>(8), std::vector<std::uint8_t>(8, 0));
    try {
        return evaluate(net, data).accuracy == 1 ? 1 : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

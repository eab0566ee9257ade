// SPDX-License-Identifier: MIT
//
// It must compile with g++ 12 -std=c++20 -fsanitize=undefined (or address,undefined) -D_GLIBCXX_DEBUG: now
// names.hpp:83 "... == 0 is not a constant expression" (a std::span made from a pointer in a constant).
//
// EXPECT: runs
// FLAGS: -fsanitize=undefined -D_GLIBCXX_DEBUG
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;
int main() {
    const Dataset<Shape<4>> data(std::vector<Net::input_tensor>(8), std::vector<std::uint8_t>(8));
    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, data, SGD{.lr = 0.1f});
}

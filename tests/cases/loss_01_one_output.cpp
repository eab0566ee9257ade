// SPDX-License-Identifier: MIT
//
// It must be refused (at best by the compiler): CrossEntropyLoss on a network with one output is 0 for ever and
// teaches nothing; a person who wants two classes has written it.
//
// EXPECT: one error
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 1>>;
int main() {
    const Dataset<Shape<4>> data(std::vector<Net::input_tensor>(8), std::vector<std::uint8_t>(8));
    Net net{};
    initialize(net, KaimingUniform{});
    try {
        return fit(net, data, SGD{.lr = 0.1f}).epochs[0].loss == 0 ? 1 : 0;
    } catch (const std::exception&) {
        return 0;
    }
}

// SPDX-License-Identifier: MIT
#include <cstdio>

#include <ctcnn/inference.hpp>

using namespace ctcnn;

using Net = Sequential<Input<3>, Linear<3, 2>, ReLU>;

int main() {
    Net net{};
    net.layer<0>().weight(1, 2) = 1;
    std::printf("class %zu\n", predict(net, Net::input_tensor{0, 0, 1}));
}

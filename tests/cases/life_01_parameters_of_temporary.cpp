// SPDX-License-Identifier: MIT
//
// It must NOT compile (parameters() && deleted), or be safe: the network is gone before the loop begins (C++20's
// range-for).
//
// EXPECT: one error
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;
Net make() {
    Net net{};
    initialize(net, KaimingUniform{});
    return net;
}
int main() {
    float sum = 0;
    for (float p : make().parameters()) sum += p;
    return sum > 1e9f;
}

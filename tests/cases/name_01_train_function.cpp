// SPDX-License-Identifier: MIT
//
// It must compile: a program that says `using namespace ctcnn;` (as every page of the documentation does) has a
// function of its own called train.
//
// EXPECT: runs
#include <ctcnn/training.hpp>
using namespace ctcnn;
using Net = Sequential<Input<4>, Linear<4, 2>>;
void train(Net& net) { initialize(net, KaimingUniform{}); }
int main() {
    Net net{};
    train(net);
}

// SPDX-License-Identifier: MIT
//
// The learning-rate finder: 100 steps on a copy of the network, each with a higher rate; the loss falls most steeply at
// a good one.
#include <ctcnn/ctcnn.hpp>

#include <cstdio>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 64>, ReLU, Linear<64, 10>>;

int main() {
    const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000);

    Net net{};
    initialize(net, KaimingUniform{});
    SGD sgd{.momentum = 0.9f};
    sgd.lr = static_cast<float>(lr_find(net, train, sgd, {.min_lr = 1e-5, .max_lr = 10}).suggestion());
    fit(net, train, sgd, {.epochs = 5});

    const double accuracy = evaluate(net, test).accuracy;
    std::printf("learning rate %.2g, accuracy %.4f\n", static_cast<double>(sgd.lr), accuracy);
    return accuracy > 0.85 ? 0 : 1;
}

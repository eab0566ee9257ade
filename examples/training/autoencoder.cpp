// SPDX-License-Identifier: MIT
//
// An autoencoder: the target of each image is the image itself. Nothing is copied.
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net =
    Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 784>, Sigmoid, Unflatten<1, 28, 28>>;

int main() {
    const auto digits = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(2000);
    const ImagesAsTargets pairs(digits);

    Net net{};
    initialize(net, XavierUniform{});
    fit(net, pairs, Adam{}, {.epochs = 10}, MSELoss{});

    const double error = evaluate(net, pairs, MeanAbsoluteError{});
    std::printf("a pixel is off by %.4f\n", error);
    return error < 0.12 ? 0 : 1;
}

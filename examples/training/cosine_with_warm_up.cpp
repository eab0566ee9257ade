// SPDX-License-Identifier: MIT
//
// A cosine with warm-up: the learning rate rises along a line for 20 steps, then falls along half a cosine to 0.
#include <ctcnn/ctcnn.hpp>

#include <cstdio>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 64>, ReLU, Linear<64, 10>>;

int main() {
    const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000);

    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, train, AdamW{.lr = 0.01f},
        {.epochs = 5,
         .batch_size = 50,
         .schedule = SequentialLR{{LinearLR{.start_factor = 0.01, .total_iters = 20}, CosineAnnealingLR{}}, {20}}});

    const double accuracy = evaluate(net, test).accuracy;
    std::printf("accuracy %.4f\n", accuracy);
    return accuracy > 0.85 ? 0 : 1;
}

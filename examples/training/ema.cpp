// SPDX-License-Identifier: MIT
//
// EMA: a moving average of the parameters, which wander less than the parameters themselves.
#include <ctcnn/ctcnn.hpp>

#include <cstdio>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 64>, ReLU, Linear<64, 10>>;

int main() {
    const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000);

    Net net{};
    initialize(net, KaimingUniform{});
    Trainer trainer(net, EMA{Adam{.lr = 0.01f}, 0.99}, {.epochs = 5, .batch_size = 50});
    trainer.fit(train);
    const Net average = averaged(trainer);

    const double accuracy = evaluate(net, test).accuracy;
    const double of_average = evaluate(average, test).accuracy;
    std::printf("accuracy %.4f, of the average %.4f\n", accuracy, of_average);
    return of_average > accuracy ? 0 : 1;
}

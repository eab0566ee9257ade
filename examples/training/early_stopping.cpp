// SPDX-License-Identifier: MIT
//
// A training ends when the validation loss has not improved for three epochs, with the parameters of the best one.
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 10>>;

int main() {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::train);
    const auto train = data.first(1000);
    const auto validation = data.subset(1000, 1000);
    Net net{};
    initialize(net, XavierUniform{});
    EarlyStopping early{.patience = 3, .restore_best_weights = true};
    const FitReport report =
        fit(net, train, Adam{.lr = 0.01f}, {.epochs = 100, .batch_size = 32}, Validation{validation}, early);
    std::printf("%zu epochs, the best is %zu: validation loss %.4f\n", report.epochs.size(), early.best_epoch,
                early.best);
    return report.stopped && evaluate(net, validation).loss == early.best ? 0 : 1;
}

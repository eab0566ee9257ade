// SPDX-License-Identifier: MIT
//
// The curves of a training in TensorBoard: tensorboard --logdir runs
#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 10>>;

int main() {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::train);
    const auto validation = data.subset(1000, 1000);
    Net net{};
    initialize(net, XavierUniform{});
    const FitReport report = fit(net, data.first(1000), Adam{}, {.epochs = 4}, Validation{validation},
                                 TensorBoard{"runs/adam", {.every_n_steps = 5}},
                                 CSVLogger{"runs/adam.csv", {.every_n_steps = 5}}, ProgressBar{});
    return report.epochs.back().validation_accuracy > 0.5 ? 0 : 1;
}

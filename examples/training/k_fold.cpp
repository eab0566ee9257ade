// SPDX-License-Identifier: MIT
//
// Cross-validation: five trainings, each validated on the fifth of the images that it has not seen.
#include <ctcnn/ctcnn.hpp>
#include <ctcnn/data/folds.hpp>

#include <cstdio>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 10>>;

int main() {
    const auto data = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    const KFold folds(data, 5, {.seed = 1, .stratify = true});
    double mean = 0;
    for (std::size_t k = 0; k < folds.size(); ++k) {
        const auto [train, validation] = folds[k];
        Net net{};
        initialize(net, XavierUniform{});
        fit(net, train, Adam{.lr = 0.005f}, {.epochs = 5, .batch_size = 50});
        const double accuracy = evaluate(net, validation).accuracy;
        std::printf("fold %zu: accuracy %.4f\n", k + 1, accuracy);
        mean += accuracy / static_cast<double>(folds.size());
    }
    std::printf("mean %.4f\n", mean);
    return mean > 0.87 ? 0 : 1;
}

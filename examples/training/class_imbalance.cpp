// SPDX-License-Identifier: MIT
//
// Class imbalance: a class with few images weighs more.
#include <cstdint>
#include <cstdio>
#include <vector>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 32>, ReLU, Linear<32, 2>>;

int main() {
    // Is a digit an 8 (class 1)? One in ten is.
    const auto is_eight = [](const auto& digits) {
        std::vector<std::uint8_t> labels;
        for (const std::uint8_t digit : digits.labels()) {
            labels.push_back(digit == 8 ? 1 : 0);
        }
        return Dataset<Net::input_shape>(digits.images(), labels);
    };
    const auto train = is_eight(load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(2000));
    const auto test = is_eight(load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000));

    const auto recall_with = [&](const CrossEntropyLoss& loss) {
        Net net{};
        initialize(net, XavierUniform{});
        fit(net, train, Adam{}, {.epochs = 5}, loss);
        const ConfusionMatrix matrix = evaluate(net, test, ConfusionMatrix{});
        std::printf("precision %.3f, recall %.3f, F1 %.3f\n", matrix.precision(1), matrix.recall(1), matrix.f1(1));
        return matrix.recall(1);
    };
    const double plain = recall_with({});
    const double weighted = recall_with({.weight = {1, 9}});
    return plain < weighted ? 0 : 1;
}

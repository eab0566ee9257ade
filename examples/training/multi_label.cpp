// SPDX-License-Identifier: MIT
//
// Multi-label classification: an image has any number of labels, each a yes or no of its own.
#include <cstdint>
#include <cstdio>
#include <vector>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Flatten, Linear<784, 64>, ReLU, Linear<64, 3>>;

int main() {
    const auto digits = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    std::vector<Net::output_tensor> targets;
    for (const std::uint8_t digit : digits.labels()) {
        const bool has_circle = digit == 0 || digit == 6 || digit == 8 || digit == 9;
        targets.push_back({digit % 2 == 0 ? 1.f : 0.f, digit > 4 ? 1.f : 0.f, has_circle ? 1.f : 0.f});
    }
    const Dataset<Net::input_shape, float, Net::output_tensor> data(digits.images(), targets);

    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, data.first(2500), Adam{}, {.epochs = 5}, BCEWithLogitsLoss{});

    const double accuracy = evaluate(net, data.subset(2500, 500), Accuracy{});
    std::printf("%.1f %% of the answers are right\n", 100 * accuracy);
    return accuracy > 0.85 ? 0 : 1;
}

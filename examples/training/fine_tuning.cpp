// SPDX-License-Identifier: MIT
//
// Fine-tuning: a network has learned the digits 0 to 4; with its layers frozen, a new head learns 5 to 9 from 200 images.
#include <ctcnn/ctcnn.hpp>
#include <ctcnn/data/folds.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

using namespace ctcnn;

using Body = Sequential<Conv2d<1, 8, Kernel<5>, Stride<2>>, ReLU, Conv2d<8, 16, Kernel<3>, Stride<2>>, ReLU, Flatten>;
using Net = Sequential<Input<1, 28, 28>, Named<"body", Body>, Named<"head", LazyLinear<5>>>;

/// The digits from `first` to `first + 4`, as classes 0 to 4.
auto five_digits(const auto& digits, std::uint8_t first) {
    std::vector<Net::input_tensor> images;
    std::vector<std::uint8_t> labels;
    for (std::size_t n = 0; n < digits.size(); ++n) {
        if (digits.label(n) >= first && digits.label(n) < first + 5) {
            images.push_back(digits.image(n));
            labels.push_back(static_cast<std::uint8_t>(digits.label(n) - first));
        }
    }
    return Dataset<Net::input_shape>(images, labels);
}

int main() {
    const auto train = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(3000);
    const auto test = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000);

    Net net{};
    initialize(net, KaimingUniform{});
    fit(net, five_digits(train, 0), Adam{.lr = 0.003f}, {.epochs = 5, .batch_size = 50});

    const ParameterGroups head_only(Adam{.lr = 0.01f}, freeze<"body">());
    fit(net, five_digits(train, 5).first(200), head_only, {.epochs = 20, .batch_size = 20});

    const double accuracy = evaluate(net, five_digits(test, 5)).accuracy;
    std::printf("accuracy on the digits 5 to 9: %.4f\n", accuracy);
    return accuracy > 0.8 ? 0 : 1;
}

// SPDX-License-Identifier: MIT
//
// Augmentation: each image is moved, turned, scaled and sheared a little differently each time it is seen.
#include <ctcnn/ctcnn.hpp>
#include <ctcnn/data/transforms.hpp>

#include <cstdio>

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>, Conv2d<1, 8, Kernel<5>, Stride<2>>, ReLU, Conv2d<8, 16, Kernel<3>>, ReLU,
                       MaxPool2d<Kernel<2>>, Flatten, LazyLinear<10>>;

int main() {
    const auto train_set = load_mnist(CTCNN_MNIST_FOLDER, Split::train).first(4000);
    const auto test_set = load_mnist(CTCNN_MNIST_FOLDER, Split::test).first(2000);
    const Normalize normalize{.mean = {0.1307}, .std = {0.3081}};
    Net net{};
    initialize(net, KaimingUniform{});
    fit(net,
        augmented(train_set, RandomAffine{.degrees = 10, .translate = {0.1, 0.1}, .scale = {0.9, 1.1}, .shear = 5},
                  normalize),
        Adam{.lr = 0.01f}, {.epochs = 5, .batch_size = 100, .schedule = OneCycle{}});
    const double accuracy = evaluate(net, transformed(test_set, normalize)).accuracy;
    std::printf("accuracy %.4f\n", accuracy);
    return accuracy > 0.93 ? 0 : 1;
}

// SPDX-License-Identifier: MIT
//
// A whole network: LeNet-5 takes an image of a digit through convolutions and pooling to ten numbers, one for each
// digit. It reads one digit before and after it has learned from MNIST; usage: 06_lenet [folder of the four MNIST
// files]
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

#include "show.hpp"

using namespace ctcnn;

using LeNet = Sequential<Input<1, 28, 28>,                                                    //
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,  //
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>,             //
                         Flatten, Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;
static_assert(LeNet::shape_after<0>{} == Shape<6, 28, 28>{});   // Conv2d
static_assert(LeNet::shape_after<2>{} == Shape<6, 14, 14>{});   // AvgPool2d
static_assert(LeNet::shape_after<3>{} == Shape<16, 10, 10>{});  // Conv2d
static_assert(LeNet::shape_after<5>{} == Shape<16, 5, 5>{});    // AvgPool2d
static_assert(LeNet::shape_after<6>{} == Shape<400>{});         // Flatten
static_assert(LeNet::shape_after<7>{} == Shape<120>{});         // Linear
static_assert(LeNet::shape_after<9>{} == Shape<84>{});          // Linear
static_assert(LeNet::output_shape{} == Shape<10>{});
static_assert(LeNet::parameter_count == 61'706);

int main(int argument_count, char** arguments) try {
    const char* folder = argument_count > 1 ? arguments[1] : CTCNN_MNIST_FOLDER;
    const auto train = load_mnist(folder, Split::train);
    const auto test = load_mnist(folder, Split::test);

    LeNet net{};
    initialize(net, XavierUniform{.gain = 4});  // Sigmoid's slope is at most 1/4: so training starts at once.
    std::printf("%s\n", summary<LeNet>().data());
    draw(test.image(3));
    std::printf("before training: this is a %zu\n", predict(net, test.image(3)));
    fit(net, train.first(15'000), SGD{.lr = 0.3f}, {.epochs = 1, .batch_size = 8});
    std::printf("after training: this is a %zu\n", predict(net, test.image(3)));
    std::printf("accuracy on %zu test images: %.1f %%\n", test.size(), 100 * evaluate(net, test).accuracy);
} catch (const DataError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}

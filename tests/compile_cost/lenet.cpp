// SPDX-License-Identifier: MIT
// A LeNet training program in one file: what it costs to compile is compared with instantiations.txt.
#include <cstdio>

#include <ctcnn/ctcnn.hpp>

using namespace ctcnn;

using LeNet = Sequential<Input<1, 28, 28>,                                                    //
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,  //
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>,             //
                         Flatten, Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;
static_assert(LeNet::output_shape{} == Shape<10>{});

int main(int argument_count, char** arguments) {
    if (argument_count != 2) {
        return 2;
    }
    const auto train = load_mnist(arguments[1], Split::train);
    const auto test = load_mnist(arguments[1], Split::test);
    LeNet net{};
    initialize(net, XavierUniform{});
    fit(net, train, SGD{.lr = 0.5f}, {.epochs = 10, .batch_size = 256});
    std::printf("%s\naccuracy %g\nthe first digit is a %zu\n", summary<LeNet>().data(), evaluate(net, test).accuracy,
                predict(net, test.image(0)));
}

// SPDX-License-Identifier: MIT
#include "train_network.hpp"

namespace mnist {

namespace {

using namespace ctcnn;

// The LeNet of the course: as LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
// recognition", Proceedings of the IEEE 1998, with a plain linear layer at its end.
using LeNet = Sequential<Input<1, 28, 28>,                                                    //
                         Conv2d<1, 6, Kernel<5>, Padding<2>>, Sigmoid, AvgPool2d<Kernel<2>>,  //
                         Conv2d<6, 16, Kernel<5>>, Sigmoid, AvgPool2d<Kernel<2>>,             //
                         Flatten, Linear<400, 120>, Sigmoid, Linear<120, 84>, Sigmoid, Linear<84, 10>>;

static_assert(LeNet::output_shape{} == Shape<class_count>{});

Outcome train_lenet(const Settings& settings, const Files& files, const Digits& train, const Digits& test,
                    const Listener& listener) {
    return train_network<LeNet>(XavierUniform{}, SGD{.lr = settings.lr}, {}, {}, settings, files, train, test,
                                listener);
}

}  // namespace

const Choice lenet{"lenet",
                   "LeNet with Sigmoid and AvgPool2d; SGD, Xavier uniform",
                   summary<LeNet>(),
                   {.epochs = 10, .batch_size = 256, .lr = 0.5f},
                   train_lenet};

}  // namespace mnist

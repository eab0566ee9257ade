// SPDX-License-Identifier: MIT
#include "train_network.hpp"

namespace mnist {

namespace {

using namespace ctcnn;

// Few channels where the images are large, and more behind the first pooling, where they cost little.
using QuickNet = Sequential<Input<1, 28, 28>,                                       //
                            Conv2d<1, 12, Kernel<5>>, ReLU, MaxPool2d<Kernel<2>>,   //
                            Conv2d<12, 24, Kernel<3>>, ReLU, MaxPool2d<Kernel<2>>,  //
                            Flatten, Linear<600, 128>, ReLU, Linear<128, 10>>;

static_assert(QuickNet::output_shape{} == Shape<class_count>{});
static_assert(QuickNet::parameter_count == 81'146);

Outcome train_quick(const Settings& settings, const Digits& train, const Digits& test, const Listener& listener) {
    return train_network<QuickNet>(KaimingUniform{}, Adam{.lr = settings.lr, .betas = {0.8, 0.95}},
                                   OneCycle{.pct_start = 0.15}, settings, train, test, listener);
}

}  // namespace

// Chosen with the last 10,000 training images set aside, from training on the others.
const Choice quick{"quick",
                   "a CNN with more channels; Adam, one cycle",
                   summary<QuickNet>(),
                   {.epochs = 1.3, .batch_size = 128, .lr = 0.012f},
                   train_quick};

}  // namespace mnist

// SPDX-License-Identifier: MIT
#include <limits>

#include "train_network.hpp"

namespace mnist {

namespace {

using namespace ctcnn;

using ReluNet = Sequential<Input<1, 28, 28>,                                                 //
                           Conv2d<1, 6, Kernel<5>, Padding<2>>, ReLU, MaxPool2d<Kernel<2>>,  //
                           Conv2d<6, 16, Kernel<5>>, ReLU, MaxPool2d<Kernel<2>>,             //
                           Flatten, Linear<400, 120>, ReLU, Linear<120, 84>, ReLU, Linear<84, 10>>;

static_assert(ReluNet::output_shape{} == Shape<class_count>{});

// The learning rate rises from 0 for a fifth of the training, so that the first large steps do not kill ReLUs, and
// falls to 0.
constexpr OneCycle one_cycle{.pct_start = 0.2,
                             .anneal_strategy = Anneal::linear,
                             .cycle_momentum = false,
                             .div_factor = std::numeric_limits<double>::infinity()};

Outcome train_relu(const Settings& settings, const Files& files, const Digits& train, const Digits& test,
                   const Listener& listener) {
    return train_network<ReluNet>(KaimingUniform{}, SGD{.lr = settings.lr, .momentum = 0.9f, .weight_decay = 5e-4f},
                                  one_cycle, {}, settings, files, train, test, listener);
}

}  // namespace

const Choice relu{"relu",
                  "LeNet with ReLU and MaxPool2d; SGD with momentum, one cycle",
                  summary<ReluNet>(),
                  {.epochs = 5, .batch_size = 64, .lr = 0.1f},
                  train_relu};

}  // namespace mnist

// SPDX-License-Identifier: MIT
//
// Fashion-MNIST, 93.5 % with at most 100,000 parameters.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,                                                                //
                       PooledConvolution<1, 32, 3, Padding<1>>,                                         //
                       Convolution<32, 48, 3, Padding<1>>, MaxPool2d<Kernel<2>>,                        //
                       Convolution<48, 64, 3, Padding<1>>,                                              //
                       Residual<Conv2d<64, 64, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<64>>, ReLU,  //
                       AdaptiveAvgPool2d<1>, Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 79'690);

}  // namespace

const Recipe fashion_93_5 = recipe<Net>("fashion-93.5", Source::fashion_mnist, {.epochs = 12, .batch_size = 128}, 0.1f,
                                        AdamW{.lr = 0.012f, .betas = {0.9, 0.98}, .weight_decay = 0.01f},  //
                                        RandomHorizontalFlip{}, RandomCrop{.padding = 1}, RandomErasing{.p = 0.25});

}  // namespace records

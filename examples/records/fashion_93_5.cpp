// SPDX-License-Identifier: MIT
//
// Fashion-MNIST, 93.5 % with at most 100,000 parameters: plain 3 x 3 convolutions, half of their operations at 14 x 14
// pixels with the 32 channels of a residual block.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Smooth = With<SiLU>;

using Net = Sequential<Input<1, 28, 28>,                                 //
                       Smooth::PooledConvolution<1, 32, 3, Padding<1>>,  //
                       Residual<Smooth::Convolution<32, 32, 3, Padding<1>>,
                                Conv2d<32, 32, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<32>>,
                       SiLU,                                                                            //
                       Smooth::Convolution<32, 48, 3, Padding<1>>, MaxPool2d<Kernel<2>>,                //
                       Smooth::Convolution<48, 64, 3, Padding<1>>,                                      //
                       Residual<Conv2d<64, 64, Kernel<3>, Padding<1>, NoBias>, BatchNorm2d<64>>, SiLU,  //
                       AdaptiveAvgPool2d<1>, Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 98'250);
static_assert(Net::multiply_adds == 9'709'696);

}  // namespace

const Recipe fashion_93_5 = recipe<Net>("fashion-93.5", Source::fashion_mnist, {.epochs = 16, .batch_size = 128}, 0.05f,
                                        AdamW{.lr = 0.012f, .betas = {0.9, 0.98}, .weight_decay = 0.01f},  //
                                        RandomHorizontalFlip{}, RandomCrop{.padding = 1}, RandomErasing{.p = 0.25});

}  // namespace records

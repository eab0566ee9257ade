// SPDX-License-Identifier: MIT
//
// Fashion-MNIST, 92.0 % with at most 15,000 parameters: depthwise separable convolutions, which at this size do better
// than others.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

template <std::size_t Channels, std::size_t Size>
using Depthwise = Sequential<Conv2d<Channels, Channels, Kernel<Size>, Padding<Size / 2>, Groups<Channels>, NoBias>,
                             BatchNorm2d<Channels>>;

using Net = Sequential<Input<1, 28, 28>,                                                                      //
                       PooledConvolution<1, 16, 3, Padding<1>>,                                               //
                       Depthwise<16, 5>, Convolution<16, 48, 1>, MaxPool2d<Kernel<2>>,                        //
                       Depthwise<48, 5>, Convolution<48, 72, 1>,                                              //
                       Residual<Depthwise<72, 3>, Conv2d<72, 72, Kernel<1>, NoBias>, BatchNorm2d<72>>, ReLU,  //
                       AdaptiveAvgPool2d<1>, Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 13'218);

}  // namespace

const Recipe fashion_92 = recipe<Net>("fashion-92.0", Source::fashion_mnist, {.epochs = 32, .batch_size = 128}, 0.1f,
                                      Adam{.lr = 0.02f, .betas = {0.9, 0.98}},  //
                                      RandomHorizontalFlip{}, RandomCrop{.padding = 1});

}  // namespace records

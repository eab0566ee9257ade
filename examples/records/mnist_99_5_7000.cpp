// SPDX-License-Identifier: MIT
//
// MNIST, 99.5 % with at most 7,000 parameters.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,              //
                       Convolution<1, 8, 3>,          //
                       PooledConvolution<8, 8, 3>,    //
                       Convolution<8, 16, 3>,         //
                       PooledConvolution<16, 16, 3>,  //
                       Convolution<16, 16, 3>,        //
                       AdaptiveAvgPool2d<1>, Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 6'706);
static_assert(Net::multiply_adds == 652'480);

}  // namespace

const Recipe mnist_99_5_7000 = recipe<Net>(
    "mnist-99.5-7000", Source::mnist, {.epochs = 24, .batch_size = 128}, 0.05f, Adam{.lr = 0.02f, .betas = {0.9, 0.98}},
    RandomAffine{.degrees = 8, .translate = {1.5 / 28, 1.5 / 28}, .scale = {0.92, 1.08}});

}  // namespace records

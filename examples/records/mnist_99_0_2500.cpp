// SPDX-License-Identifier: MIT
//
// MNIST, 99.0 % with at most 2,500 parameters. The last convolution's 2 x 2 map is not averaged: where a stroke lies
// says more than another channel would.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,             //
                       PooledConvolution<1, 6, 3>,   //
                       Convolution<6, 7, 3>,         //
                       PooledConvolution<7, 10, 3>,  //
                       Convolution<10, 10, 3>,       //
                       Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 2'438);
static_assert(Net::multiply_adds == 137'272);

}  // namespace

const Recipe mnist_99_0_2500 = recipe<Net>(
    "mnist-99.0-2500", Source::mnist, {.epochs = 25, .batch_size = 128}, 0.05f, Adam{.lr = 0.02f, .betas = {0.9, 0.98}},
    RandomAffine{.degrees = 5, .translate = {1.0 / 28, 1.0 / 28}, .scale = {0.95, 1.05}});

}  // namespace records

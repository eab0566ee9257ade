// SPDX-License-Identifier: MIT
//
// MNIST, 99.65 % with test-time shifts, at most 150,000 parameters and 60 seconds.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,                    //
                       PooledConvolution<1, 24, 5>,         //
                       Convolution<24, 48, 3>,              //
                       PooledConvolution<48, 64, 3>,        //
                       Convolution<64, 96, 3, Padding<1>>,  //
                       Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 109'746);
static_assert(Net::multiply_adds == 4'051'968);

}  // namespace

const Recipe mnist_99_65 =
    recipe<Net>("mnist-99.65", Source::mnist, {.epochs = 13, .batch_size = 128}, 0.1f,
                AdamW{.lr = 0.015f, .betas = {0.9, 0.98}, .weight_decay = 0.01f},
                RandomAffine{.degrees = 12, .translate = {2.0 / 28, 2.0 / 28}, .scale = {0.88, 1.12}});

}  // namespace records

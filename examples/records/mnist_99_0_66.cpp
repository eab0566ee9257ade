// SPDX-License-Identifier: MIT
//
// MNIST, 99.0 % with 66 GFLOP of training: the same with fewer channels.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,                             //
                       Convolution<1, 6, 5, Stride<2>, Padding<2>>,  //
                       PooledConvolution<6, 12, 3>,                  //
                       Convolution<12, 32, 3>,                       //
                       Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 9'484);
static_assert(Net::multiply_adds == 183'128);

}  // namespace

const Recipe mnist_99_0_66 = recipe<Net>("mnist-99.0-66", Source::mnist, {.epochs = 1, .batch_size = 64}, 0.1f,
                                         Adam{.lr = 0.03f, .betas = {0.8, 0.9}});

}  // namespace records

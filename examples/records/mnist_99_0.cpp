// SPDX-License-Identifier: MIT
//
// MNIST, 99.0 % in half a second: one epoch of a network whose first convolution halves the image at once.
#include "recipes.hpp"

namespace records {

namespace {

using namespace ctcnn;

using Net = Sequential<Input<1, 28, 28>,                             //
                       Convolution<1, 8, 5, Stride<2>, Padding<2>>,  //
                       PooledConvolution<8, 16, 3>,                  //
                       Convolution<16, 32, 3>,                       //
                       Flatten, LazyLinear<10>>;

static_assert(Net::output_shape{} == Shape<10>{});
static_assert(Net::parameter_count == 11'202);
static_assert(Net::multiply_adds == 283'936);

}  // namespace

const Recipe mnist_99_0 = recipe<Net>("mnist-99.0", Source::mnist, {.epochs = 1, .batch_size = 64}, 0.1f,
                                      Adam{.lr = 0.02f, .betas = {0.8, 0.9}});

}  // namespace records

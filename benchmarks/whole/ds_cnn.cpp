// SPDX-License-Identifier: MIT
#include "whole.hpp"

#include "../../examples/networks/ds_cnn.hpp"

namespace {

using namespace ctcnn;

// Dropout has no place in an ONNX file, so that the rivals would train without it: ctcnn does, too.
using WithoutDropout =
    Sequential<Input<1, 49, 10>, ZeroPad2d<1, 1, 4, 5>, Conv2d<1, 64, Kernel<10, 4>, Stride<2>, NoBias>,
               BatchNorm2d<64>, ReLU, Repeat<4, ds_cnn::Separable<64>>, AdaptiveAvgPool2d<1>, Flatten, Linear<64, 12>>;
static_assert(WithoutDropout::parameter_count == DSCNN::parameter_count);
static_assert(WithoutDropout::multiply_adds == DSCNN::multiply_adds);

}  // namespace

void benchmarks::add_ds_cnn(std::vector<Case>& cases) {
    const Work work{.name = "ds_cnn",
                    .batches = {64},
                    .rate = 0.01f,
                    .training = {3'840, 1'280, 64},
                    .inference = {10'000, 2'500, 32},
                    .calls = {2'000, 600, 5}};
    add_cases<WithoutDropout>(cases, work);
    add_bf16_cases<WithoutDropout>(cases, work);
}

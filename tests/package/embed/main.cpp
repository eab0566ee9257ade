// SPDX-License-Identifier: MIT
#include <ctcnn/inference.hpp>

#include "weights-1.hpp"

using Net = ctcnn::Sequential<ctcnn::Input<3>, ctcnn::Linear<3, 2>, ctcnn::ReLU, ctcnn::Linear<2, 1>>;

static_assert(predict(weights_1<Net>, {1, 0, 0}) == 1);  // The single output is 203.

const float* parameters() { return weights_1<Net>.parameters().data(); }

// SPDX-License-Identifier: MIT
// The network `quick` of scripts/mnist.
#pragma once

#include <ctcnn/inference.hpp>

using Digits =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>,                                                                   //
                      ctcnn::Conv2d<1, 12, ctcnn::Kernel<5>>, ctcnn::ReLU, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,   //
                      ctcnn::Conv2d<12, 24, ctcnn::Kernel<3>>, ctcnn::ReLU, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,  //
                      ctcnn::Flatten, ctcnn::Linear<600, 96>, ctcnn::ReLU, ctcnn::Linear<96, 10>>;

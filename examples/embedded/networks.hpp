// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/inference.hpp>

/// Digits: a network for a microcontroller with 64 KiB of flash and 16 KiB of RAM.
using Digits =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>,
                      ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Stride<2>, ctcnn::Padding<2>>, ctcnn::ReLU,
                      ctcnn::Conv2d<6, 12, ctcnn::Kernel<3>>, ctcnn::ReLU, ctcnn::MaxPool2d<ctcnn::Kernel<2>>,
                      ctcnn::Conv2d<12, 32, ctcnn::Kernel<3>>, ctcnn::ReLU,  //
                      ctcnn::Flatten, ctcnn::Linear<512, 10>>;

/// LeNet: the network of the course.
using LeNet =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>, ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Padding<2>>, ctcnn::Sigmoid,
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>, ctcnn::Conv2d<6, 16, ctcnn::Kernel<5>>, ctcnn::Sigmoid,
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>, ctcnn::Flatten, ctcnn::Linear<400, 120>, ctcnn::Sigmoid,
                      ctcnn::Linear<120, 84>, ctcnn::Sigmoid, ctcnn::Linear<84, 10>>;

// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/ctcnn.hpp>

using LeNet =
    ctcnn::Sequential<ctcnn::Input<1, 28, 28>,                                                                     //
                      ctcnn::Conv2d<1, 6, ctcnn::Kernel<5>, ctcnn::Padding<2>>, ctcnn::Sigmoid,                    //
                      ctcnn::AvgPool2d<ctcnn::Kernel<2>>,                                                          //
                      ctcnn::Conv2d<6, 16, ctcnn::Kernel<5>>, ctcnn::Sigmoid, ctcnn::AvgPool2d<ctcnn::Kernel<2>>,  //
                      ctcnn::Flatten, ctcnn::Linear<400, 120>, ctcnn::Sigmoid, ctcnn::Linear<120, 84>,
                      ctcnn::Sigmoid,  //
                      ctcnn::Linear<84, 10>>;

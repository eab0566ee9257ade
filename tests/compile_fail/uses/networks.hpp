// SPDX-License-Identifier: MIT
//
// The networks that the programs of this folder use: CTCNN_NET says which. 0 works, the others are refused.
#pragma once

#include <ctcnn/inference.hpp>

#ifndef CTCNN_USE
#define USE(number) 1
#else
#define USE(number) (CTCNN_USE == number)
#endif

#if CTCNN_NET == 0
using Net =
    ctcnn::Sequential<ctcnn::Input<1, 6, 6>, ctcnn::Flatten, ctcnn::Linear<36, 5>, ctcnn::ReLU, ctcnn::Linear<5, 4>>;
#elif CTCNN_NET == 1  // in_features
using Net =
    ctcnn::Sequential<ctcnn::Input<1, 6, 6>, ctcnn::Flatten, ctcnn::Linear<25, 5>, ctcnn::ReLU, ctcnn::Linear<5, 4>>;
#elif CTCNN_NET == 2  // missing_input
using Net = ctcnn::Sequential<ctcnn::Flatten, ctcnn::Linear<36, 5>, ctcnn::ReLU, ctcnn::Linear<5, 4>>;
#elif CTCNN_NET == 3  // zero_input
using Net = ctcnn::Sequential<ctcnn::Input<>, ctcnn::Flatten, ctcnn::Linear<36, 5>, ctcnn::ReLU, ctcnn::Linear<5, 4>>;
#elif CTCNN_NET == 4  // number_too_large
using Net = ctcnn::Sequential<ctcnn::Input<1000000000, 1000000000, 1000000000>, ctcnn::Flatten, ctcnn::LazyLinear<4>>;
#endif
#define REFUSED (CTCNN_NET != 0)

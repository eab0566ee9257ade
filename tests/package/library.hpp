// SPDX-License-Identifier: MIT
#pragma once

#include <ctcnn/core/random.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/inference.hpp>

using Image = ctcnn::Tensor<float, ctcnn::Shape<1, 2, 3>>;

/// The sum of the elements, computed in the other translation unit.
float sum(const Image& image);

/// The same in a library for several processors.
extern "C" float sum_in_c(const float* pixels);

/// The network of small.safetensors.
using Small = ctcnn::Sequential<ctcnn::Input<3>, ctcnn::Linear<3, 2>, ctcnn::ReLU, ctcnn::Linear<2, 1>>;

// SPDX-License-Identifier: MIT
//
// Targets of another number type than the images.
//
// EXPECT: or tensors of its number type
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Data = Dataset<Shape<3>, float, Tensor<float, Shape<1>>>;
#else
using Data = Dataset<Shape<3>, float, Tensor<double, Shape<1>>>;
#endif

Data data;

// SPDX-License-Identifier: MIT
//
// A data set of tensors that have another shape.
//
// EXPECT: tensors have the data set's shape
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Image = Tensor<float, Shape<1, 28, 28>>;
#else
using Image = Tensor<float, Shape<784>>;
#endif

Dataset<Shape<1, 28, 28>> make(const std::vector<Image>& images, const std::vector<int>& labels) {
    return {images, labels};
}

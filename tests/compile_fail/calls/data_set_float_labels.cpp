// SPDX-License-Identifier: MIT
//
// A data set whose labels are no integers.
//
// EXPECT: the labels of a Dataset are integers, one for each image
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Label = long;
#else
using Label = float;
#endif

Dataset<Shape<3>> make(const std::vector<float>& elements, const std::vector<Label>& labels) {
    return {elements, labels};
}

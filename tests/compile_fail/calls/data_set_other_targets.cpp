// SPDX-License-Identifier: MIT
//
// Targets that are tensors of another shape.
//
// EXPECT: the targets of this Dataset are tensors
#include <ctcnn/training.hpp>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Target = Tensor<float, Shape<2>>;
#else
using Target = Tensor<float, Shape<1, 2>>;
#endif

Dataset<Shape<3>, float, Tensor<float, Shape<2>>> make(const std::vector<float>& elements,
                                                       const std::vector<Target>& targets) {
    return {elements, targets};
}

// SPDX-License-Identifier: MIT
//
// The parts of a data set that only refers to the images of another.
//
// EXPECT: KFold copies parts of a Dataset
#include <ctcnn/data/folds.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

std::size_t first_part(const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    const KFold folds(data, 2);
    const auto fold = folds[0];
    return ImagesAsTargets(fold.train).images().size();
#else
    const ImagesAsTargets repeated(data);
    const KFold folds(repeated, 2);
    return folds[0].train.images().size();
#endif
}

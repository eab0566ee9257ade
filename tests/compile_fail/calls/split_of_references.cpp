// SPDX-License-Identifier: MIT
//
// The parts of a data set that only refers to the images of another.
//
// EXPECT: random_split copies parts of a Dataset
#include <array>
#include <cstddef>

#include <ctcnn/data/folds.hpp>
#include <ctcnn/training.hpp>

using namespace ctcnn;

std::size_t first_part(const Dataset<Shape<1, 4, 4>>& data) {
#ifndef CTCNN_REJECT
    const auto [train, validation] = random_split(data, std::array{0.5, 0.5});
    return ImagesAsTargets(train).images().size();
#else
    const auto [train, validation] = random_split(ImagesAsTargets(data), std::array{0.5, 0.5});
    return train.images().size();
#endif
}

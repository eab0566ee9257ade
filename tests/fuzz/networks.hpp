// SPDX-License-Identifier: MIT
// The networks and the training that the seeds are files of.
#pragma once

#include <vector>

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/inference.hpp>
#include <ctcnn/optim/adam.hpp>
#include <ctcnn/train/trainer.hpp>

namespace fuzz {

using ctcnn::Sequential;
using Net = Sequential<ctcnn::Input<1, 4, 4>, ctcnn::Conv2d<1, 2, ctcnn::Kernel<3>>, ctcnn::ReLU, ctcnn::Flatten,
                       ctcnn::Linear<8, 3>>;
using Smaller = Sequential<ctcnn::Input<3>, ctcnn::Linear<3, 2>>;

/// A network whose parameters differ.
template <typename Net>
Net filled(float first) {
    Net net{};
    for (auto& parameter : net.parameters()) {
        parameter = first += 0.0625f;
    }
    return net;
}

inline const ctcnn::Adam adam{.lr = 0.01f};
inline const ctcnn::FitOptions training_options{.batch_size = 2, .seed = 3, .threads = 1};

inline ctcnn::Dataset<ctcnn::Shape<3>> training_set() {
    return {std::vector<float>{0, 1, 0, 1, 0, 0, 0, 0, 1, -1, 0, 2, 0.5f, 0.5f, 0}, std::vector<int>{0, 1, 0, 1, 1}};
}

}  // namespace fuzz

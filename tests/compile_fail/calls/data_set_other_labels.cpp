// SPDX-License-Identifier: MIT
//
// Labels of another type.
//
// EXPECT: labels\(\) of a data set must give contiguous integers
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 3>>;

#ifndef CTCNN_REJECT
using Label = std::uint8_t;
#else
using Label = float;
#endif

struct Data {
    std::span<const Net::input_tensor> images() const { return images_; }
    std::span<const Label> labels() const { return labels_; }

    std::vector<Net::input_tensor> images_;
    std::vector<Label> labels_;
};

void train(Net& net, const Data& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
}

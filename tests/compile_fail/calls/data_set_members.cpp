// SPDX-License-Identifier: MIT
//
// Images and labels that are members instead of functions.
//
// EXPECT: a data set has images\(\) and labels\(\)
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 3>>;

struct Data {
#ifndef CTCNN_REJECT
    const std::vector<Net::input_tensor>& images() const { return images_; }
#else
    std::vector<Net::input_tensor> images;
#endif
    const std::vector<std::uint8_t>& labels() const { return labels_; }

    std::vector<Net::input_tensor> images_;
    std::vector<std::uint8_t> labels_;
};

void train(Net& net, const Data& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
}

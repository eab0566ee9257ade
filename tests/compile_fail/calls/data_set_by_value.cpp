// SPDX-License-Identifier: MIT
//
// Images that would be gone before they are read.
//
// EXPECT: what they return by value would be gone
#include <ctcnn/training.hpp>

using namespace ctcnn;

using Net = Sequential<Input<4>, Linear<4, 3>>;

struct Data {
#ifndef CTCNN_REJECT
    using Images = const std::vector<Net::input_tensor>&;
#else
    using Images = std::vector<Net::input_tensor>;
#endif
    Images images() const { return images_; }
    const std::vector<std::uint8_t>& labels() const { return labels_; }

    std::vector<Net::input_tensor> images_;
    std::vector<std::uint8_t> labels_;
};

void train(Net& net, const Data& data) {
    fit(net, data, SGD{});
    evaluate(net, data);
}

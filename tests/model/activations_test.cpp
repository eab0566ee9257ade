// SPDX-License-Identifier: MIT
#include <ctcnn/model/activations.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <ctcnn/layers/activation.hpp>
#include <ctcnn/layers/batch_norm.hpp>
#include <ctcnn/layers/conv2d.hpp>
#include <ctcnn/layers/dropout.hpp>
#include <ctcnn/layers/flatten.hpp>
#include <ctcnn/layers/linear.hpp>
#include <ctcnn/layers/pool2d.hpp>
#include <ctcnn/model/branches.hpp>
#include <ctcnn/model/initialize.hpp>
#include <ctcnn/model/named.hpp>
#include <ctcnn/model/sequential.hpp>

#include "catch.hpp"

using namespace ctcnn;

namespace {

using Net = Sequential<Input<2, 6, 6>, Named<"stem", Conv2d<2, 4, Kernel<3>, Padding<1>>>, BatchNorm2d<4>, ReLU,
                       Residual<Conv2d<4, 4, Kernel<3>, Padding<1>>, ReLU>,
                       Concat<Conv2d<4, 2, Kernel<1>>, MaxPool2d<Kernel<3>, Stride<1>, Padding<1>>>, Dropout<0.5>,
                       Flatten, Linear<216, 3>>;

Net make_net() {
    Net net;
    initialize(net, KaimingUniform{}, 7);
    std::size_t n = 0;
    for (float& value : net.buffers()) {
        value = 0.5f + 0.125f * static_cast<float>(n++ % 5);
    }
    return net;
}

Net::input_tensor make_image() {
    Net::input_tensor image;
    for (std::size_t i = 0; i < image.size(); ++i) {
        image.values[i] = 0.125f * static_cast<float>((i * 7) % 17) - 1.0f;
    }
    return image;
}

}  // namespace

TEST_CASE("activations are in the order in which layers run, under PyTorch's names") {
    std::vector<std::string> names;
    for (const auto& layer : activations(make_net(), make_image())) {
        names.push_back(layer.name);
        std::size_t size = 1;
        for (const std::size_t dim : layer.shape) {
            size *= dim;
        }
        CHECK(layer.values.size() == size);
    }
    CHECK(names == std::vector<std::string>{"stem", "1", "2", "3.0", "3.1", "3", "4.0", "4.1", "4", "5", "6", "7"});
}

TEST_CASE("the last activation is what the network answers") {
    const Net net = make_net();
    const auto image = make_image();
    const auto all = activations(net, image);
    const auto outputs = net(image);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        // Layers by themselves may add their terms in another order: 216 terms below 8.
        CHECK(all.back().values[i] == Approx(outputs(i)).margin(216 * 8 * 6e-8));
    }
}

TEST_CASE("each activation is made of those that the layer reads") {
    const auto all = activations(make_net(), make_image());
    const auto relu = [](std::vector<float> values) {
        for (float& value : values) {
            value = std::max(value, 0.0f);
        }
        return values;
    };
    CHECK(*std::min_element(all[1].values.begin(), all[1].values.end()) < 0);
    CHECK(all[2].values == relu(all[1].values));
    CHECK(all[4].values == relu(all[3].values));
    for (std::size_t i = 0; i < all[5].values.size(); ++i) {
        CHECK(all[5].values[i] == all[2].values[i] + all[4].values[i]);
    }
    std::vector<float> both = all[6].values;
    both.insert(both.end(), all[7].values.begin(), all[7].values.end());
    CHECK(all[8].values == both);
    CHECK(all[9].values == both);  // Dropout does nothing in inference.
}

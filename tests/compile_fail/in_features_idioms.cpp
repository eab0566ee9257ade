// SPDX-License-Identifier: MIT
//
// What people write with a network: numbers in braces, answers with a type of their own, structured bindings, loops.
//
// EXPECT: \[in_features\] .*the size of the Shape received
// EXPECT: at_layer<0, .*Linear<4, 2>
// EXPECT: received<.*Shape<3>
// EXPECT: wanted<4>
#include <ctcnn/training.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

using namespace ctcnn;

#ifndef CTCNN_REJECT
using Net = Sequential<Input<3>, Linear<3, 2>>;
#else
using Net = Sequential<Input<3>, Linear<4, 2>>;
#endif

float use_it(Net& net, const std::vector<Net::input_tensor>& images, const std::vector<std::uint8_t>& labels) {
    const Net::input_tensor image{1, 2, 3};
    const Tensor<float, Shape<2>> output = net(image);
    Workspace<Net> workspace;
    float sum = output(1) + net({1, 2, 3})(0) + net({1, 2, 3}, workspace)(0);
    for (const float number : output.span()) {
        sum += number;
    }

    std::size_t count = predict(net, {1, 2, 3}) + predict(net, image, workspace);
    const std::vector<std::size_t> answers = predict(net, images);
    for (const std::size_t answer : predict(net, images)) {
        count += answer + answers[0];
    }

    const auto [loss, gradients] = value_and_grad(net, CrossEntropyLoss{}, images, labels);
    SGD{}.step(net.parameters(), gradients.parameters());
    Gradients<Net> kept;
    const float again = value_and_grad(net, CrossEntropyLoss{}, images, labels, kept);
    return sum + loss + again + static_cast<float>(count);
}

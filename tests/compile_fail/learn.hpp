// SPDX-License-Identifier: MIT
//
// What a program that learns does with a network, besides all that is in use.hpp.
#pragma once

#include <ctcnn/ctcnn.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include "use.hpp"

template <typename Net>
void learn(Net& net, const ctcnn::Dataset<ctcnn::Shape<1, 28, 28>>& data) {
    use(net);
    initialize(net, ctcnn::XavierUniform{}, 1);
    const std::array<typename Net::input_tensor, 1> images{};
    const std::array<std::uint8_t, 1> labels{};
    const auto result = value_and_grad(net, ctcnn::CrossEntropyLoss{}, images, labels);
    static_cast<void>(static_cast<double>(result.loss) + static_cast<double>(result.gradients.parameters()[0]));

    // Only images of the data set's shape can be learnt.
    if constexpr (typename Net::input_shape{} == ctcnn::Shape<1, 28, 28>{}) {
        fit(net, data, ctcnn::SGD{.lr = 0.5f}, {.epochs = 1});
        static_cast<void>(evaluate(net, data).accuracy);
    }
}

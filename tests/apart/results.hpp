// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ctcnn/training.hpp>

namespace apart {

/// All that a program does with a network, as numbers.
template <typename Net>
std::vector<double> results() {
    using namespace ctcnn;
    std::vector<typename Net::input_tensor> images(70);
    std::vector<std::uint8_t> labels(70);
    for (std::size_t i = 0; i < images.size(); ++i) {
        for (std::size_t n = 0; n < Net::input_shape::size; ++n) {
            images[i].data()[n] = static_cast<float>((i * 31 + n * 17) % 23) / 23;
        }
        labels[i] = static_cast<std::uint8_t>(i % Net::output_shape::size);
    }
    const Dataset<typename Net::input_shape> data(images, labels);

    std::vector<double> numbers;
    const auto add = [&numbers](const auto& values) {
        for (const auto value : values) {
            numbers.push_back(static_cast<double>(value));
        }
    };
    Net net{};
    initialize(net, XavierUniform{}, 7);
    for (const EpochReport& epoch : fit(net, data, SGD{.lr = 0.1f}, {.epochs = 2, .batch_size = 40}).epochs) {
        numbers.push_back(epoch.loss);
    }
    fit(net, data, Adam{}, {.epochs = 1, .batch_size = 70}, TimeLimit{3600});
    Gradients<Net> gradients;
    numbers.push_back(
        static_cast<double>(value_and_grad(net, CrossEntropyLoss{}, std::span(images), std::span(labels), gradients)));
    add(gradients.parameters());
    const auto outputs = net(images[3]);
    add(outputs.span());
    numbers.push_back(evaluate(net, data).loss);
    add(predict(net, std::span<const typename Net::input_tensor>(images)));
    numbers.push_back(static_cast<double>(predict(net, images[5])));
    const auto shares = probabilities(net, images[6]);
    add(shares.span());
    const Prepared<Net> prepared = prepare(net);
    const auto of_prepared = prepared(images[7]);
    add(of_prepared.span());
    ParallelWorkspace<Prepared<Net>> workspace(2);
    const auto of_threads = prepared(images[8], workspace);
    add(of_threads.span());
    return numbers;
}

}  // namespace apart

// SPDX-License-Identifier: MIT
// Whole networks against the numbers of PyTorch.
#pragma once

#include <ctcnn/data/dataset.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/fit.hpp>
#include <ctcnn/train/value_and_grad.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../golden/golden.hpp"

namespace golden {

/// Compares numbers that belong to the parameters, of which the file has samples and the sums of squares.
template <typename Parameters>
void check_parameters(const File& file, const std::string& name, const Parameters& parameters, Tolerance tolerance) {
    std::vector<double> samples;
    std::vector<double> squares;
    std::size_t first = 0;
    for (std::size_t part = 0; part < file["sizes"].size(); ++part) {
        const auto size = static_cast<std::size_t>(file["sizes"][part]);
        const auto stride = static_cast<std::size_t>(file["strides"][part]);
        double sum = 0;
        for (std::size_t i = 0; i < size; ++i) {
            const auto number = static_cast<double>(parameters[first + i]);
            sum += number * number;
            if (i % stride == 0) {
                samples.push_back(number);
            }
        }
        squares.push_back(sum);
        first += size;
    }
    check_close(name, samples, file[name], tolerance);
    // A relative error of a number is doubled in its square; and errors do not all point in one direction.
    check_close(name + "_squares", squares, file[name + "_squares"], {2 * tolerance.relative, tolerance.absolute});
}

template <typename Net>
std::vector<std::uint8_t> labels_of(const File& file) {
    std::vector<std::uint8_t> labels;
    for (const double label : file["labels"]) {
        labels.push_back(static_cast<std::uint8_t>(label));
    }
    return labels;
}

/// net(x), the gradients for every batch size, and the parameters after 1 and 3 steps of SGD.
template <typename Net>
void check_net(const Net& net, const std::string& name, Tolerance tolerance) {
    using namespace ctcnn;
    using T = typename Net::scalar;
    const File file("net_" + name);
    const auto images = tensors<typename Net::input_tensor>(file["images"]);
    const auto labels = labels_of<Net>(file);

    std::vector<double> outputs;
    for (const auto& image : images) {
        for (const T number : net(image).values) {
            outputs.push_back(static_cast<double>(number));
        }
    }
    check_close("net(x)", outputs, file["outputs"], tolerance);

    for (const std::size_t size : batch_sizes) {
        const std::string batch = std::to_string(size);
        const auto result = std::make_unique<LossAndGradients<Net>>(
            value_and_grad(net, CrossEntropyLoss{}, std::span(images).first(size), std::span(labels).first(size)));
        check_close("loss_" + batch, {static_cast<double>(result->loss)}, file["loss_" + batch], tolerance);
        check_parameters(file, "gradients_" + batch, result->gradients.parameters(), tolerance);
    }

    const Dataset<typename Net::input_shape, T> data(images, labels);
    const auto check_steps = [&](const std::string& optimizer, const SGD& sgd) {
        for (const std::size_t steps : {1u, 3u}) {
            const auto trained = std::make_unique<Net>(net);
            // One batch an epoch.
            fit(*trained, data, sgd, {.epochs = steps, .batch_size = image_count, .shuffle = false});
            check_parameters(file, optimizer + "_" + std::to_string(steps), trained->parameters(), tolerance);
        }
    };
    check_steps("plain", {.lr = 0.125f});
    check_steps("momentum", {.lr = 0.125f, .momentum = 0.875f, .weight_decay = 0.0078125f});
    check_steps("nesterov", {.lr = 0.125f, .momentum = 0.875f, .weight_decay = 0.0078125f, .nesterov = true});
}

/// The parameters that the file has, all of them.
template <typename Net>
Net net_from_file(const std::string& name) {
    const File file("net_" + name);
    Net net{};
    REQUIRE(file["parameters"].size() == Net::parameter_count);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        net.parameters()[i] = static_cast<typename Net::scalar>(file["parameters"][i]);
    }
    return net;
}

/// For networks in double: more than a thousand times tighter, and far above the rounding of sums of some thousand
/// terms.
inline constexpr Tolerance double_tolerance{1e-10, 1e-12};

}  // namespace golden

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/step.hpp>

namespace ctcnn {

/// LossAndGradients: the mean loss over a batch, and its gradient by every parameter.
template <AnyNetwork Net>
struct LossAndGradients {
    typename Net::scalar loss;
    Gradients<Net> gradients;
};

namespace train {

/// Refuses a batch that does not fit: throws std::invalid_argument with a sentence.
template <typename Net, typename Images, typename Targets>
[[gnu::cold]] constexpr void check_batch(const Images& images, const Targets& targets) {
    if (images.size() != targets.size()) {
        throw std::invalid_argument("there are " + std::to_string(images.size()) + " images and " +
                                    std::to_string(targets.size()) + " targets: each image needs one target");
    }
    if (images.empty()) {
        throw std::invalid_argument("the batch is empty: the mean loss needs one image or more");
    }
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(targets[0])>, std::uint8_t>) {
        for (std::size_t n = 0; n < targets.size(); ++n) {
            if (targets[n] >= Net::output_shape::size) {
                throw std::invalid_argument("label " + std::to_string(targets[n]) + " of image " + std::to_string(n) +
                                            " is out of range: the network has " +
                                            std::to_string(Net::output_shape::size) + " outputs, 0 to " +
                                            std::to_string(Net::output_shape::size - 1));
            }
        }
    }
}

template <Number V, typename Net, typename Loss, typename Target>
constexpr LossAndGradients<Net> value_and_grad_as(const Net& net, const Loss& loss,
                                                  std::span<const typename Net::input_tensor> images,
                                                  std::span<const Target> targets) {
    check_batch<Net>(images, targets);
    LossAndGradients<Net> result{};
    StepWorkspace<Net, V> workspace(images.size(), 1);
    const Batch<typename Net::input_tensor, Target> batch{images.data(), targets.data(), nullptr, images.size()};
    result.loss = workspace.run(net.parameters().data(), loss, batch, [](std::size_t, std::size_t) {});
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        result.gradients.parameters()[i] = workspace.gradients()[i];
    }
    return result;
}

template <typename Net, typename Loss, typename Target>
constexpr LossAndGradients<Net> value_and_grad_of(const Net& net, const Loss& loss,
                                                  std::span<const typename Net::input_tensor> images,
                                                  std::span<const Target> targets) {
    using T = typename Net::scalar;
    if (std::is_constant_evaluated()) {
        return value_and_grad_as<T>(net, loss, images, targets);
    }
    return value_and_grad_as<Lanes<T>>(net, loss, images, targets);
}

}  // namespace train

/// value_and_grad: the mean loss of a batch and its gradient by every parameter; works in constant expressions too.
/// Throws   std::invalid_argument if the numbers of images and labels differ or are 0, or a label has no output
/// As in    loss = criterion(net(x), y); loss.backward()
template <AnyNetwork Net, typename Loss>
constexpr LossAndGradients<Net> value_and_grad(const Net& net, const Loss& loss,
                                               std::span<const typename Net::input_tensor> images,
                                               std::span<const std::uint8_t> labels) {
    return train::value_and_grad_of<Net, Loss, std::uint8_t>(net, loss, images, labels);
}

/// The same for losses whose target is a tensor like the output, such as MSELoss.
template <AnyNetwork Net, typename Loss>
constexpr LossAndGradients<Net> value_and_grad(const Net& net, const Loss& loss,
                                               std::span<const typename Net::input_tensor> images,
                                               std::span<const typename Net::output_tensor> targets) {
    return train::value_and_grad_of<Net, Loss, typename Net::output_tensor>(net, loss, images, targets);
}
template <RefusedNetwork Net, typename... Arguments>
constexpr model::Anything value_and_grad(const Net&, const Arguments&...) {
    return {};
}

}  // namespace ctcnn

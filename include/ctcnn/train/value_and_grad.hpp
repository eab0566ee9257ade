// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/step.hpp>

namespace CTCNN_API {

/// LossAndGradients: the mean loss over a batch, and its gradient with respect to every parameter.
template <typename Net>
struct LossAndGradients {
    typename Net::scalar loss;
    Gradients<Net> gradients;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

template <Number V, typename Net, typename Loss, typename Target>
constexpr typename Net::scalar value_and_grad_as(const Net& net, const Loss& loss,
                                                 std::span<const typename Net::input_tensor> images,
                                                 std::span<const Target> targets, Gradients<Net>& gradients) {
    validate_loss<Net>(loss);
    check_batch<Net>(images, targets, "the batch is empty: the mean loss needs one image or more");
    StepWorkspace<Net, V> workspace(images.size(), 1);
    const Batch<typename Net::input_tensor, Target> batch{images.data(), targets.data(), nullptr, images.size()};
    const double mean = workspace.run(net.parameters().data(), loss, batch);
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        gradients.parameters()[i] = workspace.gradients()[i];
    }
    return static_cast<typename Net::scalar>(mean);
}

template <typename Net, typename Loss, typename Target>
constexpr typename Net::scalar value_and_grad_of(const Net& net, const Loss& loss,
                                                 std::span<const typename Net::input_tensor> images,
                                                 std::span<const Target> targets, Gradients<Net>& gradients) {
    using T = typename Net::scalar;
    if (std::is_constant_evaluated()) {
        return value_and_grad_as<T>(net, loss, images, targets, gradients);
    }
    return value_and_grad_as<Lanes<T>>(net, loss, images, targets, gradients);
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// value_and_grad: the mean loss of a batch, and its gradient with respect to every parameter into an object of the caller's;
/// works in constant expressions too. Where the loss is not finite, neither are the gradients.
/// Throws   std::invalid_argument if the numbers of images and labels differ or are 0, a label has no output, or the loss
///          refuses its settings
/// As in    loss = criterion(net(x), y); loss.backward()
template <AnyNetwork Net, typename Loss, detail_::train::LabelRange Labels>
constexpr typename Net::scalar value_and_grad(const Net& net, const Loss& loss,
                                              std::span<const typename Net::input_tensor> images, const Labels& labels,
                                              Gradients<Net>& gradients) {
    using Label = std::ranges::range_value_t<Labels>;
    return detail_::train::value_and_grad_of<Net, Loss, Label>(net, loss, images, labels, gradients);
}

/// The same for losses whose target is a tensor like the output, such as MSELoss.
template <AnyNetwork Net, typename Loss>
constexpr typename Net::scalar value_and_grad(const Net& net, const Loss& loss,
                                              std::span<const typename Net::input_tensor> images,
                                              std::span<const typename Net::output_tensor> targets,
                                              Gradients<Net>& gradients) {
    return detail_::train::value_and_grad_of<Net, Loss, typename Net::output_tensor>(net, loss, images, targets,
                                                                                     gradients);
}

/// The same, with both in one result.
template <AnyNetwork Net, typename Loss, detail_::train::LabelRange Labels>
constexpr LossAndGradients<Net> value_and_grad(const Net& net, const Loss& loss,
                                               std::span<const typename Net::input_tensor> images,
                                               const Labels& labels) {
    LossAndGradients<Net> result{};
    result.loss = value_and_grad(net, loss, images, labels, result.gradients);
    return result;
}

template <AnyNetwork Net, typename Loss>
constexpr LossAndGradients<Net> value_and_grad(const Net& net, const Loss& loss,
                                               std::span<const typename Net::input_tensor> images,
                                               std::span<const typename Net::output_tensor> targets) {
    LossAndGradients<Net> result{};
    result.loss = value_and_grad(net, loss, images, targets, result.gradients);
    return result;
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

template <RefusedNetwork Net, typename Loss, typename Images, typename Targets>
constexpr LossAndGradients<Net> value_and_grad(const Net&, const Loss&, const Images&, const Targets&) {
    return {};
}
template <RefusedNetwork Net, typename Loss, typename Images, typename Targets, typename Destination>
constexpr typename Net::scalar value_and_grad(const Net&, const Loss&, const Images&, const Targets&, Destination&) {
    return 0;
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

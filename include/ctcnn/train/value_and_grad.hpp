// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/step.hpp>
#include <ctcnn/train/training_workspace.hpp>

namespace CTCNN_API {

/// LossAndGradients: the mean loss over a batch, and its gradient with respect to every parameter.
template <typename Net>
struct LossAndGradients {
    typename Net::scalar loss;
    Gradients<Net> gradients;
};
template <typename Net>
    requires(Net::buffer_count != 0)
struct LossAndGradients<Net> {
    typename Net::scalar loss;
    Gradients<Net> gradients;
    /// What net.buffers() are behind this step: running statistics that have moved towards those of the batch.
    std::array<typename Net::scalar, Net::buffer_count> buffers;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// What a step needs besides the batch: random numbers, and if wanted, running statistics to move.
template <typename Net>
struct StepOptions {
    Randomness randomness{};
    typename Net::scalar* moved = nullptr;
};

template <typename Net, typename Loss, typename Target, typename Buffers>
constexpr typename Net::scalar value_and_grad_in(const Net& net, const Loss& loss,
                                                 std::span<const typename Net::input_tensor> images,
                                                 std::span<const Target> targets, const StepOptions<Net>& options,
                                                 Gradients<Net>& gradients, Buffers& buffers) {
    const Batch<typename Net::input_tensor, Target> batch{images.data(), targets.data(), nullptr, images.size()};
    const double mean = buffers.run(net.parameters().data(), loss, batch, options.randomness);
    if (options.moved != nullptr) {
        buffers.update_buffers(images.size(), options.moved);
    }
    for (std::size_t i = 0; i < Net::parameter_count; ++i) {
        gradients.parameters()[i] = buffers.gradients()[i];
    }
    return static_cast<typename Net::scalar>(mean);
}

/// Without a workspace, the buffers are those of this call and of one thread.
template <typename Net, typename Loss, typename Target, typename... Workspace>
constexpr typename Net::scalar value_and_grad_of(const Net& net, const Loss& loss,
                                                 std::span<const typename Net::input_tensor> images,
                                                 std::span<const Target> targets, const StepOptions<Net>& options,
                                                 Gradients<Net>& gradients, Workspace&... workspace) {
    using T = typename Net::scalar;
    validate_loss<Net>(loss);
    check_batch<Net>(loss, images, targets, "the batch is empty: the mean loss needs one image or more");
    check_statistics<Net>(images.size());
    if constexpr (sizeof...(Workspace) != 0) {
        return value_and_grad_in(net, loss, images, targets, options, gradients, workspace.buffers(images.size())...);
    } else {
        if constexpr (!run::is_apart<typename Net::plan, T>) {
            if (__builtin_is_constant_evaluated()) {
                StepWorkspace<Net, T> buffers(images.size(), 1);
                return value_and_grad_in(net, loss, images, targets, options, gradients, buffers);
            }
        }
        StepWorkspace<Net, Lanes<T>> buffers(images.size(), 1);
        return value_and_grad_in(net, loss, images, targets, options, gradients, buffers);
    }
}

/// The same, if the arguments are those that value_and_grad takes; else one error.
template <typename Net, typename Loss, typename Images, typename Targets, typename... Workspace>
constexpr typename Net::scalar checked_value_and_grad(const Net& net, const Loss& loss, const Images& images,
                                                      const Targets& targets, const StepOptions<Net>& options,
                                                      Gradients<Net>& gradients, Workspace&... workspace) {
    if constexpr (check_images<Net, Images>()) {
        if constexpr (check_targets<Net, Targets>()) {
            const auto seen = targets_of<Net>(targets);
            if constexpr (check_loss<Net, Loss, typename decltype(seen)::value_type>()) {
                return value_and_grad_of(net, loss, std::span<const typename Net::input_tensor>(images), seen, options,
                                         gradients, workspace...);
            }
        }
    }
    return {};
}

/// The arguments of value_and_grad behind the network.
template <typename Net, typename... Arguments>
inline constexpr bool is_batch = sizeof...(Arguments) == 3;
template <typename Net, typename Loss, typename Images, typename Targets, typename Last>
inline constexpr bool is_batch<Net, Loss, Images, Targets, Last> =
    std::is_convertible_v<Last, Gradients<Net>&> || std::is_convertible_v<Last, Randomness>;
template <typename Net, typename Loss, typename Images, typename Targets, typename Destination, typename Last>
inline constexpr bool is_batch<Net, Loss, Images, Targets, Destination, Last> =
    std::is_convertible_v<Destination, Gradients<Net>&> &&
    (std::is_convertible_v<Last, TrainingWorkspace<Net>&> || std::is_convertible_v<Last, Randomness>);
template <typename Net, typename Loss, typename Images, typename Targets, typename Destination, typename Workspace,
          typename Last>
inline constexpr bool is_batch<Net, Loss, Images, Targets, Destination, Workspace, Last> =
    std::is_convertible_v<Destination, Gradients<Net>&> && std::is_convertible_v<Workspace, TrainingWorkspace<Net>&> &&
    std::is_convertible_v<Last, Randomness>;
template <typename Net, typename... Arguments>
concept BatchArguments = is_batch<Net, Arguments...>;

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// value_and_grad: the mean loss of a batch, and its gradient with respect to every parameter into an object of the
/// caller's; works in constant expressions too. Images are a range of Net::input_tensor, such as a vector, an array or
/// a span; targets are labels of any integer type, or a range of Net::output_tensor for losses such as MSELoss. Where
/// the loss is NaN, the gradients are NaN, except that those of ignored images alone are 0; those of an infinite loss
/// may be finite. The pass is one of training: with statistics of the batch, and with the dropout that the randomness
/// decides. The network does not change.
/// Throws   std::invalid_argument if the numbers of images and targets differ or are 0, a label has no output, or the
///          loss refuses its settings
/// As in    loss = criterion(net(x), y); loss.backward()
template <AnyNetwork Net, typename Loss, typename Images = std::span<const typename Net::input_tensor>,
          typename Targets = std::span<const typename Net::output_tensor>>
constexpr typename Net::scalar value_and_grad(const Net& net, const Loss& loss, const Images& images,
                                              const Targets& targets, Gradients<Net>& gradients,
                                              Randomness randomness = {}) {
    return detail_::train::checked_value_and_grad(net, loss, images, targets, {randomness}, gradients);
}

/// The same with buffers that are kept from call to call, and on all threads of the workspace.
template <AnyNetwork Net, typename Loss, typename Images = std::span<const typename Net::input_tensor>,
          typename Targets = std::span<const typename Net::output_tensor>>
typename Net::scalar value_and_grad(const Net& net, const Loss& loss, const Images& images, const Targets& targets,
                                    Gradients<Net>& gradients, TrainingWorkspace<Net>& workspace,
                                    Randomness randomness = {}) {
    return detail_::train::checked_value_and_grad(net, loss, images, targets, {randomness}, gradients, workspace);
}

/// The same, with both in one result.
template <AnyNetwork Net, typename Loss, typename Images = std::span<const typename Net::input_tensor>,
          typename Targets = std::span<const typename Net::output_tensor>>
constexpr LossAndGradients<Net> value_and_grad(const Net& net, const Loss& loss, const Images& images,
                                               const Targets& targets, Randomness randomness = {}) {
    LossAndGradients<Net> result{};
    detail_::train::StepOptions<Net> options{randomness};
    if constexpr (Net::buffer_count != 0) {
        std::copy(net.buffers().begin(), net.buffers().end(), result.buffers.begin());
        options.moved = result.buffers.data();
    }
    result.loss = detail_::train::checked_value_and_grad(net, loss, images, targets, options, result.gradients);
    return result;
}

/// Other arguments are refused with one sentence.
template <AnyNetwork Net, typename... Arguments>
    requires(!detail_::train::BatchArguments<Net, Arguments...>)
constexpr LossAndGradients<Net> value_and_grad(const Net&, Arguments&&...) {
    static_assert(detail_::model::never<Arguments...>,
                  "the arguments of value_and_grad are net, loss, images, targets and, if wanted, a Gradients<Net> to "
                  "write to, as in value_and_grad(net, CrossEntropyLoss{}, set.images(), set.labels())");
    return {};
}

template <RefusedNetwork Net, typename Loss, typename Images, typename Targets>
constexpr LossAndGradients<Net> value_and_grad(const Net&, const Loss&, const Images&, const Targets&) {
    return {};
}
template <RefusedNetwork Net, typename Loss, typename Images, typename Targets, typename Destination,
          typename... Workspace>
constexpr typename Net::scalar value_and_grad(const Net&, const Loss&, const Images&, const Targets&, Destination&,
                                              Workspace&...) {
    return 0;
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/callbacks.hpp>
#include <ctcnn/train/fit_options.hpp>
#include <ctcnn/train/trainer.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

template <typename Net, typename Optimizer>
consteval bool check_optimizer() {
    constexpr bool right = OptimizerOf<Optimizer, typename Net::scalar>;
    static_assert(
        !requires { Optimizer::is_average; },
        "fit would lose the average: train with a Trainer, and take the network of averaged(trainer)");
    static_assert(right,
                  "the third argument of fit is an optimizer, such as SGD{.lr = 0.1f} or Adam{}; one of your own has a "
                  "state_count and a step(parameters, gradients, state, number)");
    return right;
}

template <typename Net, typename... Arguments>
inline constexpr bool is_training = sizeof...(Arguments) == 2;
template <typename Net, typename Data, typename Optimizer, typename Options, typename... More>
inline constexpr bool is_training<Net, Data, Optimizer, Options, More...> =
    std::is_convertible_v<Options, const FitOptions&>;
/// The arguments of fit behind the network.
template <typename Net, typename... Arguments>
concept FitArguments = is_training<Net, Arguments...>;

/// Whether an argument behind the options is a callback, and no loss.
template <typename C, typename Net, typename Optimizer>
concept IsCallback = CallbackOf<std::remove_reference_t<C>, Trainer<Net, Optimizer, CrossEntropyLoss>>;

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

namespace CTCNN_API::inline CTCNN_TEAM {

/// fit: trains a network on a data set (anything with images() and labels()); the last batch of an epoch may be
/// smaller. Each call starts from scratch: with the first permutation of the seed, and with an empty optimizer state. A
/// Trainer is a training that can be interrupted and continued.
/// Throws   std::invalid_argument for an empty data set, a label without output, a batch size of 0, a network that was
///          not initialized, a learning rate that is negative or not finite, and what an optimizer, a loss or a
///          schedule refuses;
///          LossNotFinite when the loss of a step or its gradient is infinite or NaN, which ends the training before
///          that step is taken, or when the last step of an epoch makes parameters infinite
template <AnyNetwork Net, typename Data, typename Optimizer, typename Loss = CrossEntropyLoss>
    requires(!detail_::train::IsCallback<Loss, Net, Optimizer>)
FitReport fit(Net& net, const Data& dataset, const Optimizer& optimizer, const FitOptions& options = {},
              const Loss& loss = {}) {
    static_assert(!std::is_const_v<Net>, "fit changes the network: this one is const");
    if constexpr (!std::is_const_v<Net> && detail_::train::check_optimizer<Net, Optimizer>()) {
        return Trainer<Net, Optimizer, Loss>(net, optimizer, options, loss).fit(dataset);
    } else {
        return {};
    }
}
/// The same with callbacks behind the options or the loss.
///     fit(net, train_set, Adam{}, {.epochs = 50}, Validation{validation_set}, EarlyStopping{.patience = 3});
template <AnyNetwork Net, typename Data, typename Optimizer, typename Loss, typename Callback, typename... Callbacks>
    requires(!detail_::train::IsCallback<Loss, Net, Optimizer>)
FitReport fit(Net& net, const Data& dataset, const Optimizer& optimizer, const FitOptions& options, const Loss& loss,
              Callback&& callback, Callbacks&&... callbacks) {
    static_assert(!std::is_const_v<Net>, "fit changes the network: this one is const");
    if constexpr (!std::is_const_v<Net> && detail_::train::check_optimizer<Net, Optimizer>()) {
        return Trainer<Net, Optimizer, Loss>(net, optimizer, options, loss).fit(dataset, callback, callbacks...);
    } else {
        return {};
    }
}
template <AnyNetwork Net, typename Data, typename Optimizer, typename Callback, typename... Callbacks>
    requires detail_::train::IsCallback<Callback, Net, Optimizer>
FitReport fit(Net& net, const Data& dataset, const Optimizer& optimizer, const FitOptions& options, Callback&& callback,
              Callbacks&&... callbacks) {
    return fit(net, dataset, optimizer, options, CrossEntropyLoss{}, callback, callbacks...);
}
/// Other arguments are refused with one sentence.
template <AnyNetwork Net, typename... Arguments>
    requires(!detail_::train::FitArguments<Net, Arguments...>)
FitReport fit(Net&, Arguments&&...) {
    static_assert(
        detail_::model::never<Arguments...>,
        "the arguments of fit are net, data, optimizer, options, loss: the data have images() and labels(), as a "
        "Dataset has; options and loss may be left out, as in fit(net, train_set, SGD{.lr = 0.1f}, {.epochs = 5}, "
        "MSELoss{})");
    return {};
}
template <RefusedNetwork Net, typename Data, typename Optimizer, typename... More>
FitReport fit(Net&, const Data&, const Optimizer&, const FitOptions& = {}, const More&...) {
    return {};
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

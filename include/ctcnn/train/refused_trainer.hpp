// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/train/fit_options.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

template <typename Net, typename Optimizer, typename Loss = CrossEntropyLoss>
class Trainer;

/// In place of a Trainer of a network that is refused, whose error is the only one.
template <RefusedNetwork Net, typename Optimizer, typename Loss>
class Trainer<Net, Optimizer, Loss> {
public:
    explicit Trainer(Net& net, const Optimizer& = {}, const FitOptions& = {}, const Loss& = {}) : net_(net) {}

    Net& net() { return net_; }
    static std::uint64_t seed() { return 0; }
    static std::size_t epochs() { return 0; }
    static std::size_t epoch_steps() { return 0; }
    static std::size_t steps() { return 0; }
    static std::vector<double> last_lr() { return {}; }
    static std::span<typename Net::scalar> state() { return {}; }
    template <typename... Batch>
    double step(const Batch&...) {
        return 0;
    }
    template <typename Data>
    EpochReport run_epoch(const Data&) {
        return {};
    }
    template <typename Data, typename... Callbacks>
    FitReport fit(const Data&, const Callbacks&...) {
        return {};
    }

    static void keep_weights() {}
    static void restore_weights() {}

private:
    Net& net_;
};

template <RefusedNetwork Net, typename Optimizer, typename Loss, typename Images, typename Targets,
          typename Destination>
typename Net::scalar value_and_grad(Trainer<Net, Optimizer, Loss>&, const Images&, const Targets&, Destination&) {
    return 0;
}

}  // namespace CTCNN_API::inline CTCNN_TEAM

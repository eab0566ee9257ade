// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/bce_with_logits.hpp>
#include <ctcnn/loss/cross_entropy.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/optim/averages.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/checks.hpp>
#include <ctcnn/train/not_finite.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/step.hpp>
#include <ctcnn/train/trainer.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// averaged: the network of a trainer with EMA or SWA, with the average in place of its parameters; before the first
/// average, as it is. Its buffers are those of the network (use_buffers=False in PyTorch): with BatchNorm2d, update_bn
/// makes running statistics that belong to the average.
/// As in    torch.optim.swa_utils.AveragedModel.module
template <AnyNetwork Net, typename Optimizer, typename Loss>
Net averaged(Trainer<Net, Optimizer, Loss>& trainer) {
    static_assert(
        requires { Optimizer::is_average; },
        "averaged takes a trainer whose optimizer is an average: EMA{Adam{}} or SWA{SGD{}, start}");
    Net result = trainer.net();
    if constexpr (requires { Optimizer::is_average; }) {
        if (trainer.optimizer().averages(trainer.steps()) != 0) {
            const auto average = trainer.state().last(Net::parameter_count);
            std::copy(average.begin(), average.end(), result.parameters().begin());
        }
    }
    return result;
}
template <RefusedNetwork Net, typename Optimizer, typename Loss>
Net averaged(Trainer<Net, Optimizer, Loss>& trainer) {
    return trainer.net();
}

/// update_bn: the running statistics of BatchNorm become the means of those of the batches of a data set, in its order,
/// as in training; for a network of averaged parameters. Nothing else changes. After a training with augmented(...)
/// the data set is transformed(dataset, Normalize{...}). Without a loss, the labels of a network with one output are 0
/// and 1.
/// Throws   what fit throws for a data set, and std::invalid_argument for a batch size of 0; LossNotFinite where an
///          image makes a mean or a variance infinite or NaN, and then the network stays as it was
/// As in    torch.optim.swa_utils.update_bn
template <AnyNetwork Net, typename Data,
          typename Loss = std::conditional_t<Net::output_shape::size == 1, BCEWithLogitsLoss, CrossEntropyLoss>>
void update_bn(Net& net, const Data& dataset, std::size_t batch_size = 64, std::size_t threads = 0,
               const Loss& loss = {}) {
    using namespace detail_::train;
    using T = typename Net::scalar;
    static_assert(!std::is_const_v<Net>, "update_bn changes the running statistics of the network: this one is const");
    if constexpr (Net::buffer_count != 0) {
        detail_::refuse_unless(batch_size != 0, "the batch size of update_bn is 0: choose 1 or more");
        const auto data = view_of<Net>(dataset, loss);
        const std::size_t count = data.images.size();
        const std::size_t size = std::min(batch_size, count);
        const std::size_t steps = (count + size - 1) / size;
        check_statistics<Net>(count - (steps - 1) * size);
        StepWorkspace<Net, detail_::Lanes<T>> workspace(size, detail_::run::thread_count(threads));
        if constexpr (requires { as_read(data.images).pipeline; }) {
            workspace.template reserve_augmented<std::remove_cvref_t<decltype(*as_read(data.images).pipeline)>>();
        }
        std::vector<T> running(net.buffers().begin(), net.buffers().end());
        for (std::size_t step = 0; step < steps; ++step) {
            const std::size_t first = step * size;
            const std::size_t images = std::min(size, count - first);
            const auto batch =
                batch_of(as_read(data.images.subspan(first)), data.targets.data() + first, nullptr, images);
            const double mean = workspace.run(net.parameters().data(), loss, batch, {0, step + 1});
            if (workspace.unfit_statistics() != Net::template plan_of<detail_::Lanes<T>>::stage_count) {
                detail_::AlignedArray<std::uint32_t> places(images);
                std::iota(places.data(), places.data() + images, static_cast<std::uint32_t>(first));
                const auto found = batch_of(as_read(data.images), data.targets.data(), places.data(), images);
                throw_not_finite<detail_::Lanes<T>>(net, found, workspace, 1, step + 1, mean, false);
            }
            workspace.update_buffers(images, running.data(), 1 / static_cast<double>(step + 1));
        }
        std::copy(running.begin(), running.end(), net.buffers().begin());
    }
}
template <RefusedNetwork Net, typename Data, typename Loss = CrossEntropyLoss>
void update_bn(Net&, const Data&, std::size_t = 64, std::size_t = 0, const Loss& = {}) {}

}  // namespace CTCNN_API::inline CTCNN_TEAM

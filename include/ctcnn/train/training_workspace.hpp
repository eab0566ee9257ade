// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/network.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/step.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// TrainingWorkspace: the buffers of value_and_grad, kept from call to call. They grow with the largest batch. A
/// workspace serves one call at a time.
template <typename Net>
class TrainingWorkspace {
    using Buffers = detail_::train::StepWorkspace<Net, detail_::Lanes<typename Net::scalar>>;

public:
    /// For up to so many threads; 0: as many as OpenMP takes. The results are the same for any number.
    explicit TrainingWorkspace(std::size_t threads = 0) : threads_(threads) {}

    /// The buffers for a batch of so many images.
    Buffers& buffers(std::size_t images) {
        if (images_ < images) {
            buffers_.emplace(images, detail_::run::thread_count(threads_));
            images_ = images;
        }
        return *buffers_;
    }

private:
    std::size_t threads_;
    std::size_t images_ = 0;
    std::optional<Buffers> buffers_;
};
template <RefusedNetwork Net>
class TrainingWorkspace<Net> {
public:
    explicit TrainingWorkspace(std::size_t = 0) { static_cast<void>(Net{}); }
};

}  // namespace CTCNN_API::inline CTCNN_TEAM

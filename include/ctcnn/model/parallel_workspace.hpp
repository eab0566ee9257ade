// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/prepare.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/run/prepared.hpp>

namespace CTCNN_API::inline CTCNN_TEAM {

/// ParallelWorkspace: the buffers of a prepared network that computes one image on several threads, for images so large
/// that one thread takes too long. The outputs have the same bits for any number of threads. A workspace serves one
/// call at a time.
/// P   the type of the prepared network: ParallelWorkspace<decltype(prepared)>
template <typename P>
class ParallelWorkspace {
    static_assert(
        requires { typename P::prepared_from; },
        "a ParallelWorkspace belongs to a prepared network: auto fast = prepare(net); "
        "ParallelWorkspace<decltype(fast)> workspace(2); fast(image, workspace)");
    using plan = typename P::plan;
    using scalar = typename P::scalar;

public:
    using workspace = typename P::workspace;

    /// For so many threads; 0: as many as OpenMP takes.
    explicit ParallelWorkspace(std::size_t threads = 0)
        : threads_(detail_::run::thread_count(threads)),
          numbers_(plan::workspace_numbers + (threads_ - 1) * plan::scratch_numbers) {}

    std::size_t threads() const { return threads_; }

    /// Where the outputs for an image lie, until the workspace is used again.
    const scalar* infer(const detail_::run::PackedWeights<plan>& packed, const scalar* image) noexcept {
        const scalar* result = nullptr;
        detail_::run::parallel(threads_, [&](detail_::run::Team& team) {
            detail_::run::EqualShares shares(team);
            const scalar* outputs =
                detail_::run::placed::infer_prepared<plan, compiled_apart<P>>(packed, image, values(), shares);
            if (team.member() == 0) {
                result = outputs;
            }
        });
        return result;
    }

private:
    detail_::run::PreparedValues<plan> values() { return {numbers_.data()}; }

    std::size_t threads_;
    detail_::AlignedVector<scalar> numbers_;  // zero at first, on which values rely
};

}  // namespace CTCNN_API::inline CTCNN_TEAM

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/step_memory.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Puts the augmented images of a tile in the place of the images. They lie beside the tile in memory.
template <typename S, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] void augment_tile(const Round<V, Loss, Image, Target>& round, std::size_t tile, scalar_t<V>* beside,
                                    std::array<const scalar_t<V>*, lane_count<V>>& images) {
    scalar_t<V>* const results = beside + Batch<Image, Target>::Augmentation::template scratch_size<S>;
    for (std::size_t lane = 0; lane < lane_count<V>; ++lane) {
        scalar_t<V>* const result = results + std::min(lane, round.present(tile) - 1) * S::size;
        if (lane < round.present(tile)) {
            round.batch.pipeline->template apply<S>(images[lane], result, beside, round.randomness.seed,
                                                    round.randomness.step, round.first + tile * lane_count<V> + lane);
        }
        images[lane] = result;
    }
}

/// What a tile does alone, forward.
template <typename Plan, Number V, typename Loss, typename Image, typename Target>
constexpr void forward_tile(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                            run::TileWorkspace<Plan, V>& workspace, StepMemory<Plan, V>& memory) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    std::array<const T*, lanes> images{};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        images[lane] = round.batch.images[round.at(tile, lane)].data();
    }
    if constexpr (requires { round.batch.pipeline; }) {
        augment_tile<typename Image::shape>(round, tile, memory.beside(workspace), images);
    }
    run::forward_alone<Plan>(round.parameters, workspace,
                             run::Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)),
                             memory.pass_of(round, tile));
}

/// The sum of the losses of a tile's images; leaves the gradient of its outputs. That of a padding lane, and of an
/// image that the loss ignores, is scaled by zero: if all images of a batch are ignored, the divisor is 0.
template <typename Plan, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] constexpr double loss_of(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                                           run::TileWorkspace<Plan, V>& workspace) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    const std::size_t present = round.present(tile);
    std::array<const Target*, lanes> targets{};
    V scale{};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        targets[lane] = &round.batch.targets[round.at(tile, lane)];
        const bool counts = lane < present && !ignores(round.loss, *targets[lane]);
        set_lane(scale, lane, counts ? T(1) / static_cast<T>(round.divisor) : T(0));
    }
    const V lane_losses =
        evaluate_loss<Plan::output_size>(round.loss, workspace.output(), targets, scale, workspace.grad_output.data());
    double sum = 0;
    for (std::size_t lane = 0; lane < present; ++lane) {
        sum += static_cast<double>(get_lane(lane_losses, lane));
    }
    return sum;
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

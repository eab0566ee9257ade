// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/train/round.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// What a tile does alone, forward.
template <typename Plan, Number V, typename Loss, typename Image, typename Target, typename Pass>
constexpr void forward_tile(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                            run::TileWorkspace<Plan, V>& workspace, const Pass& pass) {
    using T = scalar_t<V>;
    constexpr std::size_t lanes = lane_count<V>;
    std::array<const T*, lanes> images{};
    for (std::size_t lane = 0; lane < lanes; ++lane) {
        images[lane] = round.batch.images[round.at(tile, lane)].data();
    }
    run::forward_alone<Plan>(round.parameters, workspace,
                             run::Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)), pass);
}

/// The sum of the losses of a tile's images; leaves the gradient of its outputs. That of a padding lane is scaled
/// by zero.
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
        set_lane(scale, lane, lane < present ? T(1) / static_cast<T>(round.divisor) : T(0));
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

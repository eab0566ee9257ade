// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/run/sharing.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/step_memory.hpp>
#include <ctcnn/train/tile_step.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// One segment of a tile, forward, and behind it the loss or what the tile tells of the next stage.
template <std::size_t Segment, typename Plan, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] constexpr void forward_segment(StepMemory<Plan, V>& memory,
                                                 const Round<V, Loss, Image, Target>& round, std::size_t tile,
                                                 std::size_t member, const run::SharingFor<Plan, V>& sharing) {
    run::TileWorkspace<Plan, V>& workspace = memory.tile_of(tile, member, sharing.crew);
    const auto pass = memory.pass_of(round, tile, sharing);
    if constexpr (Segment == 0) {
        forward_tile(round, tile, workspace, memory, sharing);
    } else {
        run::placed::forward_alone<Plan, Segment>(round.parameters, workspace, run::InPlace{}, pass);
    }
    if constexpr (Segment + 1 == Plan::segment_count) {
        run::placed::forward_together<Plan, V, 1>(round.parameters, &workspace, sharing);
        if (sharing.crew.is_first()) {
            memory.losses[tile] = loss_of<Plan>(round, tile, workspace, memory);
        }
    } else {
        constexpr std::size_t k = Plan::segment_begins[Segment + 1];
        run::placed::tile_statistics<Plan, k, V>(workspace.buffer(Plan::input_of(k)), pass.present, round.present(tile),
                                                 memory.tile_statistics_of(k, tile), sharing.crew);
    }
}

/// The same backward.
template <std::size_t Segment, typename Plan, Number V, typename Loss, typename Image, typename Target>
[[gnu::noinline]] constexpr void backward_segment(StepMemory<Plan, V>& memory,
                                                  const Round<V, Loss, Image, Target>& round, std::size_t tile,
                                                  std::size_t group, bool add, std::size_t member,
                                                  const run::SharingFor<Plan, V>& sharing) {
    run::TileWorkspace<Plan, V>& workspace = memory.tile_of(tile, member, sharing.crew);
    const auto pass = memory.pass_of(round, tile, sharing);
    if constexpr (Segment + 1 == Plan::segment_count) {
        run::placed::backward_together<Plan, V, 1>(round.parameters, &workspace, tile, memory.rows, sharing);
    }
    run::placed::backward_alone<Plan, Segment>(round.parameters, workspace, tile, add,
                                               memory.partial.data() + group * Plan::tile_gradient_numbers, memory.rows,
                                               pass);
    if constexpr (Segment != 0) {
        constexpr std::size_t k = Plan::segment_begins[Segment];
        run::placed::tile_gradients<Plan, k, V>(pass.statistics(k), workspace.buffer(Plan::input_of(k)),
                                                workspace.buffer(k + 1), memory.tile_statistics_of(k, tile),
                                                sharing.crew);
    }
}

/// One segment of all tiles, in one direction, and then what the next segment needs: the sums of the tiles' sums,
/// always in the same order.
template <std::size_t Segment, bool IsBackward, typename Plan, Number V, typename Loss, typename Image, typename Target>
constexpr void run_segment(StepMemory<Plan, V>& memory, run::Team& team, const Round<V, Loss, Image, Target>& round,
                           const run::SharingFor<Plan, V>& sharing) {
    constexpr bool is_last = Segment + 1 == Plan::segment_count;
    const std::size_t groups = group_count<V>(round.count);
    const auto begin_of = [&](std::size_t group) { return group * tile_count<V>(round.count) / groups; };
    // Each segment begins with the tiles that the one before it has ended with: they are still near.
    constexpr bool is_descending = (Segment % 2 != 0) != IsBackward;
    static_assert(largest_group_count <= run::WorkList::places);
    // A crew's number is its members' share of the groups.
    const auto run_group = [&](std::size_t group) {
        for (std::size_t tile = begin_of(group); tile < begin_of(group + 1); ++tile) {
            if constexpr (IsBackward) {
                backward_segment<Segment>(memory, round, tile, group, tile != begin_of(group), team.member(), sharing);
            } else {
                forward_segment<Segment>(memory, round, tile, team.member(), sharing);
            }
        }
    };
    team.for_each_again(groups, is_descending, run_group, sharing.crew.size() > 1);
    team.barrier();
    if constexpr (IsBackward ? Segment != 0 : !is_last) {
        constexpr std::size_t k = Plan::segment_begins[IsBackward ? Segment : Segment + 1];
        using Layer = typename Plan::template Stage<k>::Layer;
        const std::size_t tiles = tile_count<V>(round.count);
        const auto* of_tiles = memory.tile_statistics_of(k, 0);
        team.for_each(1, [&](std::size_t) {
            if constexpr (IsBackward) {
                Layer::combine_gradients(of_tiles, tiles, memory.sums.data() + Plan::statistics_offsets[k]);
            } else {
                Layer::combine_statistics(of_tiles, tiles, lane_count<V>, round.count,
                                          memory.statistics.data() + Plan::statistics_offsets[k]);
            }
        });
        team.barrier();
    }
}

/// Forward and backward of all tiles, segment by segment.
template <typename Plan, Number V, typename Loss, typename Image, typename Target>
constexpr void run_segments(StepMemory<Plan, V>& memory, run::Team& team, const Round<V, Loss, Image, Target>& round,
                            const run::SharingFor<Plan, V>& sharing) {
    constexpr std::size_t last = Plan::segment_count - 1;
    [&]<std::size_t... S>(std::index_sequence<S...>) {
        (run_segment<S, false>(memory, team, round, sharing), ...);
        (run_segment<last - S, true>(memory, team, round, sharing), ...);
    }(std::make_index_sequence<Plan::segment_count>{});
}

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

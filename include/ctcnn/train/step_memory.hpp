// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/pass.hpp>
#include <ctcnn/run/rows.hpp>
#include <ctcnn/run/sharing.hpp>
#include <ctcnn/train/crews.hpp>
#include <ctcnn/train/round.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// StepMemory: what the tiles of a training step write: their values, partial gradients, losses and statistics. Nothing
/// is allocated after construction.
template <typename Plan, Number V>
struct StepMemory {
    using T = scalar_t<V>;
    static constexpr std::size_t lanes = lane_count<V>;
    /// With statistics of the batch, all tiles go through a segment before the next one begins; each keeps what it has.
    static constexpr bool has_segments = Plan::segment_count > 1;
    static constexpr bool has_crews = run::has_crews<Plan, V>;
    using Pass = std::conditional_t<has_segments || Plan::has_random, run::Pass<Plan, V>, run::Inference<Plan, V>>;
    /// Tiles go together where what they keep for backward meanwhile is not too much for the caches.
    static constexpr std::size_t tiles_together =
        Plan::buffer_numbers * sizeof(V) <= 1024 * 1024 ? Plan::template tiles_together<V> : 1;

    /// For batches of up to `batch` images on up to `most_threads` threads.
    constexpr StepMemory(std::size_t batch, std::size_t most_threads)
        : capacity(has_segments ? batch : std::min(batch, round_images)),
          groups(group_count<V>(capacity)),
          threads(std::min(most_threads, has_crews ? groups * Crews::most_members : groups)),
          tiles(has_segments ? tile_count<V>(capacity) : std::min(threads, groups) * tiles_together),
          scratch((has_segments ? threads : threads - std::min(threads, tiles.size())) *
                  Plan::template training_scratch_numbers<V>),
          crews(groups, threads),
          rows(tile_count<V>(capacity)),
          packed(Plan::template packed_numbers<V>),
          partial(largest_group_count * Plan::tile_gradient_numbers),
          losses(tile_count<V>(capacity)),
          tile_statistics(has_segments ? tile_count<V>(capacity) * Plan::statistics_numbers : 0),
          statistics(Plan::statistics_numbers),
          sums(Plan::statistics_numbers),
          beside_tiles(0),
          mixed_gradients(0) {}

    /// A tile's workspace in the hands of a member of a team, or of its crew.
    constexpr run::TileWorkspace<Plan, V>& tile_of(std::size_t tile, [[maybe_unused]] std::size_t member,
                                                   const run::CrewFor<Plan, V>& crew = {}) {
        if constexpr (has_segments) {
            if (crew.is_first()) {
                tiles[tile].scratch.place = scratch.data() + member * Plan::template training_scratch_numbers<V>;
            }
            crew.barrier();
        }
        return tiles[tile];
    }

    /// Scratch memory of a member of a team where crews share tiles: that of a tile, if there is one for each member.
    V* scratch_of(std::size_t member) {
        if constexpr (has_segments) {
            return scratch.data() + member * Plan::template training_scratch_numbers<V>;
        } else if (member < tiles.size()) {
            return tiles[member].scratch.data();
        } else {
            return scratch.data() + (member - tiles.size()) * Plan::template training_scratch_numbers<V>;
        }
    }

    /// Makes room for the augmented images of each tile, and for what their transforms need.
    template <typename Pipeline, typename S>
    void reserve_augmented() {
        const std::size_t partner = Pipeline::mixes ? S::size : 0;
        beside_tiles = AlignedArray<T>(tiles.size() * (Pipeline::template scratch_size<S> + lanes * S::size + partner));
        mixed_gradients = AlignedArray<V>(Pipeline::mixes ? tiles.size() * Plan::output_size : 0);
    }
    /// What lies beside a tile.
    T* beside(const run::TileWorkspace<Plan, V>& workspace) {
        return beside_tiles.data() + index_of(workspace) * (beside_tiles.size() / tiles.size());
    }
    /// The gradient of a tile's outputs for the targets of the partners.
    V* mixed_gradient(const run::TileWorkspace<Plan, V>& workspace) {
        return mixed_gradients.data() + index_of(workspace) * Plan::output_size;
    }
    std::size_t index_of(const run::TileWorkspace<Plan, V>& workspace) const {
        return static_cast<std::size_t>(&workspace - tiles.data());
    }

    /// What a tile tells of stage k, of all tiles in a row.
    constexpr T* tile_statistics_of(std::size_t k, std::size_t tile) {
        const std::size_t size = Plan::statistics_offsets[k + 1] - Plan::statistics_offsets[k];
        return tile_statistics.data() + tile_count<V>(capacity) * Plan::statistics_offsets[k] + tile * size;
    }

    /// What the stages need to know of the batch for a tile of a round.
    template <typename Loss, typename Image, typename Target>
    constexpr Pass pass_of([[maybe_unused]] const Round<V, Loss, Image, Target>& round,
                           [[maybe_unused]] std::size_t tile, const run::SharingFor<Plan, V>& sharing = {}) const {
        if constexpr (std::is_same_v<Pass, run::Inference<Plan, V>>) {
            return {sharing};
        } else {
            V present{};
            for (std::size_t lane = 0; lane < round.present(tile); ++lane) {
                set_lane(present, lane, T(1));
            }
            return {sharing,          statistics.data(),          sums.data(), present,
                    round.randomness, round.first + tile * lanes, round.count};
        }
    }

    std::size_t capacity;  ///< in images
    std::size_t groups;    ///< of so many images
    std::size_t threads;
    AlignedArray<run::TileWorkspace<Plan, V>> tiles;
    AlignedArray<V> scratch;  ///< of each thread for which no tile has any
    [[no_unique_address]] std::conditional_t<has_crews, Crews, NoCrews> crews;
    run::Rows<Plan, V> rows;
    AlignedArray<T> packed;           ///< parameters, where the kernels of tiles read others than the network has
    AlignedArray<T> partial;          ///< the gradients of each group
    AlignedArray<double> losses;      ///< of each tile of a round
    AlignedArray<T> tile_statistics;  ///< of each stage that has them, for each tile
    AlignedArray<T> statistics;       ///< the same of the batch
    AlignedArray<T> sums;             ///< and of its gradients
    AlignedArray<T> beside_tiles;     ///< augmented images
    AlignedArray<V> mixed_gradients;  ///< of each tile, where images are mixed
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

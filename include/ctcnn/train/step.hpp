// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/pack.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/run/pass.hpp>
#include <ctcnn/run/sharing.hpp>
#include <ctcnn/train/crews.hpp>
#include <ctcnn/train/gradient.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/segments.hpp>
#include <ctcnn/train/step_memory.hpp>
#include <ctcnn/train/tile_step.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

using run::parallel;
using run::seconds;
using run::Team;

/// StepWorkspace: what a training step needs; nothing is allocated after construction.
template <typename Net, Number V>
class StepWorkspace {
public:
    using T = scalar_t<V>;
    using Plan = typename Net::template plan_of<V>;
    static constexpr std::size_t lanes = lane_count<V>;
    static constexpr std::size_t tiles_together = StepMemory<Plan, V>::tiles_together;
    static constexpr bool has_crews = run::has_crews<Plan, V>;

    /// For batches of up to `batch` images on up to `threads` threads.
    constexpr explicit StepWorkspace(std::size_t batch, std::size_t threads)
        : memory_(batch, threads), totals_((batch + memory_.capacity - 1) / memory_.capacity + 1) {}

    constexpr std::size_t threads() const { return memory_.threads; }

    /// Makes room for images that a pipeline augments.
    template <typename Pipeline>
    void reserve_augmented() {
        memory_.template reserve_augmented<Pipeline, typename Net::input_shape>();
    }

    /// The gradient of the last step, in the order of the network's parameters.
    constexpr T* gradients() { return gradient_.data(); }

    /// Forward of a tile of images in tile(), keeping all buffers, with running statistics.
    constexpr void forward(const T* parameters, const std::array<const T*, lanes>& images) {
        run::TileWorkspace<Plan, V>& workspace = tile();
        if constexpr (Plan::template packs<V>) {
            run::pack<Plan, V>(parameters, memory_.packed.data(), false, run::one_by_one);
            parameters = memory_.packed.data();
        }
        run::placed::forward<Plan>(parameters, workspace, images);
    }
    /// The workspace of a tile, for a use between two steps.
    constexpr run::TileWorkspace<Plan, V>& tile() { return memory_.tile_of(0, 0); }

    /// How many threads are worth their while for a batch of `count` images.
    constexpr std::size_t useful_threads(std::size_t count) const {
        constexpr std::uint64_t worthwhile = 1'000'000;  // multiply-adds, about what waking and waiting costs
        const std::uint64_t work = saturating_product<std::uint64_t>({3, count, Net::multiply_adds});
        const std::size_t groups = group_count<V>(std::min(count, memory_.capacity));
        std::size_t most = std::min(threads(), groups);
        if constexpr (has_crews) {
            if (Crews::pay(threads(), groups)) {
                most = std::min(threads(), groups * Crews::most_members);
            }
        }
        return std::max<std::size_t>(1, static_cast<std::size_t>(std::min<std::uint64_t>(most, work / worthwhile)));
    }

    /// Forward and backward of a batch, called by all members of a team; when the last one leaves, all is done.
    /// finished(mean loss, whether it, its gradient and the statistics are finite) is called once, on any thread. The
    /// mean of ignored images alone, which is NaN, passes for finite: its gradient is 0. If they are finite, all of the
    /// gradient is known, and update(offset, count) is called for each part of it, on any thread.
    template <typename Loss, typename Image, typename Target, typename Update, typename Finished>
    constexpr void step(Team& team, const T* parameters, const Loss& loss, const Batch<Image, Target>& batch,
                        const Update& update, const Finished& finished, Randomness randomness = {}) {
        const double divisor = divisor_of(loss, batch, randomness);
        if constexpr (Plan::template packs<V>) {
            run::pack<Plan, V>(parameters, memory_.packed.data(), true,
                               [&](std::size_t count, const auto& part) { team.for_each(count, part); });
            team.barrier();
            parameters = memory_.packed.data();
        }
        std::size_t round = 0;
        for (std::size_t first = 0; first < batch.count; first += memory_.capacity, ++round) {
            const std::size_t count = std::min(memory_.capacity, batch.count - first);
            const std::size_t groups = group_count<V>(count);
            const Round<V, Loss, Image, Target> all{parameters, loss, batch, divisor, first, count, randomness};
            std::uint32_t arrivals = 0;
            const run::SharingFor<Plan, V> sharing = join_crew(team, groups, arrivals);
            if constexpr (Plan::segment_count > 1) {
                run_segments(memory_, team, all, sharing);
            } else {
                run_tiles(team, all, groups, sharing);
                team.barrier();
            }
            if constexpr (is_lanes<V> && run::is_apart<Plan, T>) {
                sum_apart(gradient_, team, memory_, count, first != 0);
            } else {
                gradient_.sum(team, memory_, count, first != 0);
            }
            team.for_each(1, [&](std::size_t) {
                double sum = totals_[round];
                for (std::size_t tile = 0; tile < tile_count<V>(count); ++tile) {
                    sum += memory_.losses[tile];
                }
                totals_[round + 1] = sum;
                divisor_ = divisor;
                statistics_fit_ = unfit_statistics() == Plan::stage_count;
            });
            team.barrier();
        }
        // Each item finds out for itself whether to go on: they all read the same, and one of them tells it.
        constexpr std::size_t parts = std::max<std::size_t>(1, (Net::parameter_count + part_size - 1) / part_size);
        team.for_each(parts, [&](std::size_t part) {
            const double mean = totals_[round] / divisor;
            const bool finite =
                (!(divisor > 0) || math::is_finite(static_cast<T>(mean))) && statistics_fit_ && gradient_.is_finite();
            if (part == 0) {
                finished(mean, finite);
            }
            const std::size_t offset = part * part_size;
            if (finite && offset < Net::parameter_count) {
                update(offset, std::min(part_size, Net::parameter_count - offset));
            }
        });
        team.barrier();
    }

    /// The same with a team of its own and no update; returns the mean loss.
    template <typename Loss, typename Image, typename Target>
    constexpr double run(const T* parameters, const Loss& loss, const Batch<Image, Target>& batch,
                         Randomness randomness = {}) {
        double result = 0;
        parallel(useful_threads(batch.count), [&](Team& team) {
            step(
                team, parameters, loss, batch, [](std::size_t, std::size_t) {},
                [&](double mean, bool) { result = mean; }, randomness);
        });
        return result;
    }

    /// Moves the running statistics towards those of the last step: by a share of the way, or by each layer's own if
    /// that is 0.
    constexpr void update_buffers([[maybe_unused]] std::size_t images, [[maybe_unused]] T* buffers,
                                  [[maybe_unused]] double share = 0) const {
        Plan::template for_each_stage<0, (Plan::segment_count > 1 ? Plan::stage_count : 0)>([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            if constexpr (Stage::kind == LayerKind::statistics) {
                Stage::Layer::update_running(memory_.statistics.data() + Plan::statistics_offsets[k], images,
                                             buffers + Stage::buffer_offset,
                                             share > 0 ? share : Stage::Layer::momentum);
            }
        });
    }

    /// What the mean loss of the last batch was divided by.
    constexpr double divisor() const { return divisor_; }
    /// The first stage whose statistics of the last batch would make running ones infinite or NaN; stage_count if there
    /// is none.
    constexpr std::size_t unfit_statistics() const {
        std::size_t first = Plan::stage_count;
        Plan::template for_each_stage<0, (Plan::segment_count > 1 ? Plan::stage_count : 0)>([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            if constexpr (Stage::kind == LayerKind::statistics) {
                if (first == Plan::stage_count &&
                    !Stage::Layer::statistics_fit(memory_.statistics.data() + Plan::statistics_offsets[k])) {
                    first = k;
                }
            }
        });
        return first;
    }

private:
    /// How many parameters are updated at a time.
    static constexpr std::size_t part_size = 4096;

    /// How many groups a thread takes at a time. Groups of one tile are joined, so that tiles go together, unless one
    /// thread would then have more tiles to do than the busiest has otherwise: 6 groups are 3 for each of two threads,
    /// not 4 and 2. Where compilers may round differently for one tile than for two, the number of threads does not
    /// count.
    static constexpr std::size_t groups_at_once(std::size_t count, std::size_t threads) {
        const std::size_t groups = group_count<V>(count);
        if (tile_count<V>(count) != groups) {
            return 1;
        }
        if (sums_may_be_rearranged || has_excess_digits) {
            return tiles_together;
        }
        const auto most_of = [&](std::size_t at_once) {
            const std::size_t items = (groups + at_once - 1) / at_once;
            return std::min(groups, (items + threads - 1) / threads * at_once);
        };
        return most_of(tiles_together) <= most_of(1) ? tiles_together : 1;
    }

    /// A member's place in a crew, where there are more members than groups.
    constexpr run::SharingFor<Plan, V> join_crew([[maybe_unused]] Team& team, [[maybe_unused]] std::size_t groups,
                                                 [[maybe_unused]] std::uint32_t& arrivals) {
        if constexpr (has_crews) {
            if (Crews::pay(team.size(), groups)) {
                team.for_each(1, [&](std::size_t) { memory_.crews.reset(); });
                team.barrier();
                return {memory_.crews.place_of(team, groups, arrivals), memory_.scratch_of(team.member())};
            }
        }
        return {};
    }

    /// Forward and backward of all groups of tiles: each by a member of the team, or by a crew.
    template <typename Loss, typename Image, typename Target>
    constexpr void run_tiles(Team& team, const Round<V, Loss, Image, Target>& round, std::size_t groups,
                             const run::SharingFor<Plan, V>& sharing) {
        const std::size_t at_once = sharing.crew.size() > 1 ? 1 : groups_at_once(round.count, team.size());
        const std::size_t items = (groups + at_once - 1) / at_once;
        const auto run_item = [&](std::size_t item, std::size_t worker) {
            run_groups(round, item * at_once, std::min(groups, (item + 1) * at_once),
                       &memory_.tiles[worker * tiles_together], sharing);
        };
        if constexpr (has_crews) {
            if (sharing.crew.size() > 1) {
                // A crew's number is its members' share of the groups.
                team.for_each_again(groups, false, [&](std::size_t group) { run_item(group, group); }, true);
                return;
            }
            // There may be more members than places for tiles.
            if (team.member() * tiles_together >= memory_.tiles.size()) {
                team.leave(items);
                return;
            }
        }
        team.for_each(items, [&](std::size_t item) { run_item(item, team.member()); });
    }

    /// Forward and backward of the tiles of some groups: group g of G has the tiles g*tiles/G, ..., (g + 1)*tiles/G -
    /// 1. Not inlined: compilers take less time and memory over two functions than over one of twice the size.
    template <typename Loss, typename Image, typename Target>
    [[gnu::noinline]] constexpr void run_groups(const Round<V, Loss, Image, Target>& round, std::size_t first_group,
                                                std::size_t last_group, run::TileWorkspace<Plan, V>* workspaces,
                                                const run::SharingFor<Plan, V>& sharing) {
        const std::size_t groups = group_count<V>(round.count);
        const auto begin_of = [&](std::size_t group) { return group * tile_count<V>(round.count) / groups; };
        const std::size_t end = begin_of(last_group);
        std::size_t group = first_group;
        const std::size_t most = sharing.crew.size() > 1 ? 1 : tiles_together;
        for (std::size_t tile = begin_of(first_group); tile < end; tile += most) {
            const std::size_t together = std::min(most, end - tile);
            // Backward begins with the tile that forward has ended with, which is still near.
            for (std::size_t n = together; n-- > 0;) {
                forward_tile(round, tile + n, workspaces[n], memory_, sharing);
            }
            if constexpr (tiles_together == 1) {
                run_together<1>(round, tile, workspaces, sharing);
            } else if (together == tiles_together) {
                run_together<tiles_together>(round, tile, workspaces, sharing);
            } else {
                run_together<1>(round, tile, workspaces, sharing);
            }
            for (std::size_t n = 0; n < together; ++n) {
                if (begin_of(group + 1) == tile + n) {
                    ++group;
                }
                run::placed::backward_alone<Plan, 0>(round.parameters, workspaces[n], tile + n,
                                                     tile + n != begin_of(group),
                                                     memory_.partial.data() + group * Plan::tile_gradient_numbers,
                                                     memory_.rows, memory_.pass_of(round, tile + n, sharing));
            }
        }
    }

    /// What `Tiles` tiles do together, forward and backward.
    template <std::size_t Tiles, typename Loss, typename Image, typename Target>
    constexpr void run_together(const Round<V, Loss, Image, Target>& round, std::size_t tile,
                                run::TileWorkspace<Plan, V>* workspaces, const run::SharingFor<Plan, V>& sharing) {
        run::placed::forward_together<Plan, V, Tiles>(round.parameters, workspaces, sharing);
        for (std::size_t n = 0; sharing.crew.is_first() && n < Tiles; ++n) {
            memory_.losses[tile + n] = loss_of<Plan>(round, tile + n, workspaces[n], memory_);
        }
        run::placed::backward_together<Plan, V, Tiles>(round.parameters, workspaces, tile, memory_.rows, sharing);
    }

    StepMemory<Plan, V> memory_;
    AlignedArray<double> totals_;  // the losses of all rounds before each
    double divisor_ = 1;           // of the last batch
    bool statistics_fit_ = true;   // the same
    Gradient<Plan, V> gradient_;
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

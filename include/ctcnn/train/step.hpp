// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/loss/evaluate_loss.hpp>
#include <ctcnn/run/backward.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/run/pass.hpp>
#include <ctcnn/run/rows.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

using run::Gathering;
using run::parallel;
using run::Rows;
using run::seconds;
using run::Team;
using run::thread_count;

/// Batch: the images of one step; order[n] says which image is the n-th, null means they are taken as they lie.
template <typename Image, typename Target>
struct Batch {
    const Image* images;
    const Target* targets;
    const std::uint32_t* order;
    std::size_t count;

    constexpr std::size_t at(std::size_t n) const { return order == nullptr ? n : order[n]; }
};

/// A batch is processed in rounds of at most so many images, so that memory does not grow with the batch.
inline constexpr std::size_t round_images = 256;

/// How many groups a round's tiles are divided into. Each group's gradient is summed for itself, and the groups' sums
/// are added in order: this, and not the number of threads, fixes the bits of the result. So many threads can be busy
/// at most.
inline constexpr std::size_t largest_group_count = 16;

/// StepWorkspace: what a training step needs; nothing is allocated after construction.
template <typename Net, Number V>
class StepWorkspace {
public:
    using T = scalar_t<V>;
    using Plan = typename Net::plan;
    static constexpr std::size_t lanes = lane_count<V>;
    /// With statistics of the batch, all tiles go through a segment before the next one begins; each keeps what it has.
    static constexpr bool has_segments = Plan::segment_count > 1;
    using Pass = std::conditional_t<has_segments || Plan::has_random, run::Pass<Plan, V>, run::Inference>;
    /// Tiles go together where what they keep for backward meanwhile is not too much for the caches.
    static constexpr std::size_t tiles_together =
        Plan::buffer_numbers * sizeof(V) <= 1024 * 1024 ? Plan::template tiles_together<V> : 1;

    /// For batches of up to `batch` images on up to `threads` threads.
    constexpr explicit StepWorkspace(std::size_t batch, std::size_t threads)
        : capacity_(has_segments ? batch : std::min(batch, round_images)),
          threads_(std::min(threads, group_count(capacity_))),
          tiles_(has_segments ? tile_count(capacity_) : threads_ * tiles_together),
          rows_(tile_count(capacity_)),
          partial_(largest_group_count * Plan::tile_gradient_numbers),
          losses_(tile_count(capacity_)),
          totals_((batch + capacity_ - 1) / capacity_ + 1),
          finite_(gradient_blocks[Plan::stage_count]),
          gradients_(Net::parameter_count),
          tile_statistics_(has_segments ? tile_count(capacity_) * Plan::statistics_numbers : 0),
          statistics_(Plan::statistics_numbers),
          sums_(Plan::statistics_numbers) {}

    constexpr std::size_t threads() const { return threads_; }

    /// The gradient of the last step, in the order of the network's parameters.
    constexpr const T* gradients() const { return gradients_.data(); }

    /// Forward of a tile of images in tile(), keeping all buffers, with running statistics.
    constexpr void forward(const T* parameters, const std::array<const T*, lanes>& images) {
        run::TileWorkspace<Plan, V>& workspace = tiles_.front();
        run::forward<Plan>(parameters, workspace,
                           Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)));
    }
    /// The workspace of a tile, for a use between two steps.
    constexpr run::TileWorkspace<Plan, V>& tile() { return tiles_.front(); }

    /// How many threads are worth their while for a batch of `count` images.
    constexpr std::size_t useful_threads(std::size_t count) const {
        constexpr std::uint64_t worthwhile = 1'000'000;  // multiply-adds, about what waking and waiting costs
        const std::uint64_t work = saturating_product<std::uint64_t>({3, count, Net::multiply_adds});
        const std::size_t most = std::min(threads(), group_count(std::min(count, capacity_)));
        return std::max<std::size_t>(1, static_cast<std::size_t>(std::min<std::uint64_t>(most, work / worthwhile)));
    }

    /// Forward and backward of a batch, called by all members of a team; when the last one leaves, all is done.
    /// finished(mean loss, whether it and its gradient are finite) is called once, on any thread. If they are finite,
    /// all of the gradient is known, and update(offset, count) is called for each part of it, on any thread.
    template <typename Loss, typename Image, typename Target, typename Update, typename Finished>
    constexpr void step(Team& team, const T* parameters, const Loss& loss, const Batch<Image, Target>& batch,
                        const Update& update, const Finished& finished, Randomness randomness = {}) {
        const double divisor = weight_of(loss, batch);
        std::size_t round = 0;
        for (std::size_t first = 0; first < batch.count; first += capacity_, ++round) {
            const std::size_t count = std::min(capacity_, batch.count - first);
            const std::size_t groups = group_count(count);
            const Round<Loss, Image, Target> all{parameters, loss, batch, divisor, first, count, randomness};
            if constexpr (has_segments) {
                run_segments(team, all);
            } else {
                const std::size_t at_once = groups_at_once(count, team.size());
                team.for_each((groups + at_once - 1) / at_once, [&](std::size_t item) {
                    run_groups(all, item * at_once, std::min(groups, (item + 1) * at_once),
                               &tiles_[team.member() * tiles_together]);
                });
                team.barrier();
            }
            reduce(team, count, first != 0);
            team.for_each(1, [&](std::size_t) {
                double sum = totals_[round];
                for (std::size_t tile = 0; tile < tile_count(count); ++tile) {
                    sum += losses_[tile];
                }
                totals_[round + 1] = sum;
            });
            team.barrier();
        }
        // Each item finds out for itself whether to go on: they all read the same, and one of them tells it.
        constexpr std::size_t parts = std::max<std::size_t>(1, (Net::parameter_count + part_size - 1) / part_size);
        team.for_each(parts, [&](std::size_t part) {
            const double mean = totals_[round] / divisor;
            bool finite = math::is_finite(static_cast<T>(mean));
            for (const std::uint8_t block : finite_) {
                finite = finite && block != 0;
            }
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

    /// What the mean loss of a batch divides by: the number of images or, where a loss weighs labels, the sum of their
    /// weights. Each thread adds them in the same order.
    template <typename Loss, typename Image, typename Target>
    static constexpr double weight_of(const Loss& loss, const Batch<Image, Target>& batch) {
        double sum = 0;
        for (std::size_t n = 0; n < batch.count; ++n) {
            sum += target_weight(loss, batch.targets[batch.at(n)]);
        }
        return sum;
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

    /// Moves the running statistics towards those of the last step.
    constexpr void update_buffers([[maybe_unused]] std::size_t images, [[maybe_unused]] T* buffers) const {
        Plan::template for_each_stage<0, (has_segments ? Plan::stage_count : 0)>([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            if constexpr (Stage::kind == LayerKind::statistics) {
                Stage::Layer::update_running(statistics_.data() + Plan::statistics_offsets[k], images,
                                             buffers + Stage::buffer_offset);
            }
        });
    }

private:
    /// How many parameters are updated at a time.
    static constexpr std::size_t part_size = 4096;

    /// The gradient of a stage is computed in blocks: of inputs, all outputs each, where it comes from rows.
    template <std::size_t K>
    static constexpr std::size_t block_size =
        Plan::template batched<K> ? 16 * lanes
        : Plan::has_statistics(K) ? Plan::template Stage<K>::parameters
                                  : std::min<std::size_t>(Plan::template Stage<K>::parameters, 2048);
    template <std::size_t K>
    static constexpr std::size_t block_count = [] {
        using Stage = typename Plan::template Stage<K>;
        if constexpr (Stage::parameters == 0) {
            return std::size_t{0};
        } else {
            constexpr std::size_t count =
                Plan::template batched<K> ? Stage::Layer::input_shape::size : Stage::parameters;
            return (count + block_size<K> - 1) / block_size<K>;
        }
    }();
    static constexpr auto gradient_blocks = []<std::size_t... K>(std::index_sequence<K...>) {
        return graph::running_sums(std::array<std::size_t, Plan::stage_count>{block_count<K>...});
    }(std::make_index_sequence<Plan::stage_count>{});

    static constexpr std::size_t tile_count(std::size_t images) { return (images + lanes - 1) / lanes; }
    static constexpr std::size_t group_count(std::size_t images) {
        return std::min(tile_count(images), largest_group_count);
    }

    /// How many groups a thread takes at a time. Groups of one tile are joined, so that tiles go together, unless one
    /// thread would then have more tiles to do than the busiest has otherwise: 6 groups are 3 for each of two threads,
    /// not 4 and 2. Where compilers may round differently for one tile than for two, the number of threads does not
    /// count.
    static constexpr std::size_t groups_at_once(std::size_t count, std::size_t threads) {
        const std::size_t groups = group_count(count);
        if (tile_count(count) != groups) {
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

    /// Round: some images of a batch, from image `first` on, cut into tiles.
    template <typename Loss, typename Image, typename Target>
    struct Round {
        const T* parameters;
        const Loss& loss;
        const Batch<Image, Target>& batch;
        double divisor;  // of the sum of the losses
        std::size_t first;
        std::size_t count;
        Randomness randomness;

        /// How many images a tile has; its other lanes are padding.
        constexpr std::size_t present(std::size_t tile) const { return std::min(lanes, count - tile * lanes); }
        /// Which image is in a lane; an absent one has the tile's last image.
        constexpr std::size_t at(std::size_t tile, std::size_t lane) const {
            return batch.at(first + tile * lanes + std::min(lane, present(tile) - 1));
        }
    };

    /// Forward and backward of the tiles of some groups: group g of G has the tiles g*tiles/G, ..., (g + 1)*tiles/G -
    /// 1. Not inlined: compilers take less time and memory over two functions than over one of twice the size.
    template <typename Loss, typename Image, typename Target>
    [[gnu::noinline]] constexpr void run_groups(const Round<Loss, Image, Target>& round, std::size_t first_group,
                                                std::size_t last_group, run::TileWorkspace<Plan, V>* workspaces) {
        const std::size_t groups = group_count(round.count);
        const auto begin_of = [&](std::size_t group) { return group * tile_count(round.count) / groups; };
        const std::size_t end = begin_of(last_group);
        std::size_t group = first_group;
        for (std::size_t tile = begin_of(first_group); tile < end; tile += tiles_together) {
            const std::size_t together = std::min(tiles_together, end - tile);
            // Backward begins with the tile that forward has ended with, which is still near.
            for (std::size_t n = together; n-- > 0;) {
                forward_tile(round, tile + n, workspaces[n]);
            }
            if (together == tiles_together) {
                run_together<tiles_together>(round, tile, workspaces);
            } else {
                run_together<1>(round, tile, workspaces);
            }
            for (std::size_t n = 0; n < together; ++n) {
                if (begin_of(group + 1) == tile + n) {
                    ++group;
                }
                run::backward_alone<Plan>(round.parameters, workspaces[n], tile + n, tile + n != begin_of(group),
                                          partial_.data() + group * Plan::tile_gradient_numbers, rows_,
                                          pass_of(round, tile + n));
            }
        }
    }

    template <typename Loss, typename Image, typename Target>
    constexpr Pass pass_of([[maybe_unused]] const Round<Loss, Image, Target>& round,
                           [[maybe_unused]] std::size_t tile) const {
        if constexpr (std::is_same_v<Pass, run::Inference>) {
            return {};
        } else {
            V present{};
            for (std::size_t lane = 0; lane < round.present(tile); ++lane) {
                set_lane(present, lane, T(1));
            }
            return {statistics_.data(),         sums_.data(), present, round.randomness,
                    round.first + tile * lanes, round.count};
        }
    }

    /// Forward and backward of all tiles, segment by segment.
    template <typename Loss, typename Image, typename Target>
    constexpr void run_segments(Team& team, const Round<Loss, Image, Target>& round) {
        constexpr std::size_t last = Plan::segment_count - 1;
        [&]<std::size_t... S>(std::index_sequence<S...>) {
            (run_segment<S, false>(team, round), ...);
            (run_segment<last - S, true>(team, round), ...);
        }(std::make_index_sequence<Plan::segment_count>{});
    }

    /// One segment of all tiles, in one direction, and then what the next segment needs: the sums of the tiles' sums,
    /// always in the same order.
    template <std::size_t Segment, bool IsBackward, typename Loss, typename Image, typename Target>
    constexpr void run_segment(Team& team, const Round<Loss, Image, Target>& round) {
        constexpr bool is_last = Segment + 1 == Plan::segment_count;
        const std::size_t groups = group_count(round.count);
        const auto begin_of = [&](std::size_t group) { return group * tile_count(round.count) / groups; };
        team.for_each(groups, [&](std::size_t group) {
            for (std::size_t tile = begin_of(group); tile < begin_of(group + 1); ++tile) {
                if constexpr (IsBackward) {
                    backward_segment<Segment>(round, tile, group, tile != begin_of(group));
                } else {
                    forward_segment<Segment>(round, tile);
                }
            }
        });
        team.barrier();
        if constexpr (IsBackward ? Segment != 0 : !is_last) {
            constexpr std::size_t k = Plan::segment_begins[IsBackward ? Segment : Segment + 1];
            using Layer = typename Plan::template Stage<k>::Layer;
            const std::size_t tiles = tile_count(round.count);
            const T* of_tiles = tile_statistics(k, 0);
            team.for_each(1, [&](std::size_t) {
                if constexpr (IsBackward) {
                    Layer::combine_gradients(of_tiles, tiles, sums_.data() + Plan::statistics_offsets[k]);
                } else {
                    Layer::combine_statistics(of_tiles, tiles, lanes, round.count,
                                              statistics_.data() + Plan::statistics_offsets[k]);
                }
            });
            team.barrier();
        }
    }

    /// What a tile tells of stage k, of all tiles in a row.
    constexpr T* tile_statistics(std::size_t k, std::size_t tile) {
        const std::size_t size = Plan::statistics_offsets[k + 1] - Plan::statistics_offsets[k];
        return tile_statistics_.data() + tile_count(capacity_) * Plan::statistics_offsets[k] + tile * size;
    }

    template <std::size_t Segment, typename Loss, typename Image, typename Target>
    [[gnu::noinline]] constexpr void forward_segment(const Round<Loss, Image, Target>& round, std::size_t tile) {
        run::TileWorkspace<Plan, V>& workspace = tiles_[tile];
        const Pass pass = pass_of(round, tile);
        if constexpr (Segment == 0) {
            forward_tile(round, tile, workspace);
        } else {
            run::forward_alone<Plan, Segment>(round.parameters, workspace, run::InPlace{}, pass);
        }
        if constexpr (Segment + 1 == Plan::segment_count) {
            run::forward_together<Plan, V, 1>(round.parameters, &workspace);
            losses_[tile] = loss_of(round, tile, workspace);
        } else {
            constexpr std::size_t k = Plan::segment_begins[Segment + 1];
            using Stage = typename Plan::template Stage<k>;
            Stage::Layer::template tile_statistics<typename Stage::In>(
                workspace.buffer(Plan::input_of(k)), pass.present, round.present(tile), tile_statistics(k, tile));
        }
    }

    template <std::size_t Segment, typename Loss, typename Image, typename Target>
    [[gnu::noinline]] constexpr void backward_segment(const Round<Loss, Image, Target>& round, std::size_t tile,
                                                      std::size_t group, bool add) {
        run::TileWorkspace<Plan, V>& workspace = tiles_[tile];
        const Pass pass = pass_of(round, tile);
        if constexpr (Segment + 1 == Plan::segment_count) {
            run::backward_together<Plan, V, 1>(round.parameters, &workspace, tile, rows_);
        }
        run::backward_alone<Plan, Segment>(round.parameters, workspace, tile, add,
                                           partial_.data() + group * Plan::tile_gradient_numbers, rows_, pass);
        if constexpr (Segment != 0) {
            constexpr std::size_t k = Plan::segment_begins[Segment];
            using Stage = typename Plan::template Stage<k>;
            Stage::Layer::template tile_gradients<typename Stage::In, typename Stage::Out>(
                pass.statistics(k), workspace.buffer(Plan::input_of(k)), workspace.buffer(k + 1),
                tile_statistics(k, tile));
        }
    }

    /// What a tile does alone, forward.
    template <typename Loss, typename Image, typename Target>
    constexpr void forward_tile(const Round<Loss, Image, Target>& round, std::size_t tile,
                                run::TileWorkspace<Plan, V>& workspace) {
        std::array<const T*, lanes> images{};
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            images[lane] = round.batch.images[round.at(tile, lane)].data();
        }
        run::forward_alone<Plan>(round.parameters, workspace,
                                 Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)),
                                 pass_of(round, tile));
    }

    /// What `Tiles` tiles do together, forward and backward.
    template <std::size_t Tiles, typename Loss, typename Image, typename Target>
    constexpr void run_together(const Round<Loss, Image, Target>& round, std::size_t tile,
                                run::TileWorkspace<Plan, V>* workspaces) {
        run::forward_together<Plan, V, Tiles>(round.parameters, workspaces);
        for (std::size_t n = 0; n < Tiles; ++n) {
            losses_[tile + n] = loss_of(round, tile + n, workspaces[n]);
        }
        run::backward_together<Plan, V, Tiles>(round.parameters, workspaces, tile, rows_);
    }

    /// The sum of the losses of a tile's images; leaves the gradient of its outputs. That of a padding lane is scaled
    /// by zero.
    template <typename Loss, typename Image, typename Target>
    [[gnu::noinline]] static constexpr double loss_of(const Round<Loss, Image, Target>& round, std::size_t tile,
                                                      run::TileWorkspace<Plan, V>& workspace) {
        const std::size_t present = round.present(tile);
        std::array<const Target*, lanes> targets{};
        V scale{};
        for (std::size_t lane = 0; lane < lanes; ++lane) {
            targets[lane] = &round.batch.targets[round.at(tile, lane)];
            set_lane(scale, lane, lane < present ? T(1) / static_cast<T>(round.divisor) : T(0));
        }
        const V lane_losses = evaluate_loss<Plan::output_size>(round.loss, workspace.output(), targets, scale,
                                                               workspace.grad_output.data());
        double sum = 0;
        for (std::size_t lane = 0; lane < present; ++lane) {
            sum += static_cast<double>(get_lane(lane_losses, lane));
        }
        return sum;
    }

    /// The gradient from what the groups have left: sums of partial gradients, and products of rows. Notes of each
    /// block whether all of it is finite.
    constexpr void reduce(Team& team, std::size_t count, bool add) {
        Plan::for_each_stage([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            using Layer = typename Stage::Layer;
            if constexpr (Stage::parameters != 0) {
                constexpr std::size_t size = block_size<decltype(k)::value>;
                T* gradient = gradients_.data() + Stage::parameter_offset;
                team.for_each(block_count<decltype(k)::value>, [&](std::size_t b) {
                    const std::size_t from = b * size;
                    bool finite = true;
                    if constexpr (Layer::batched_gradient) {
                        constexpr std::size_t inputs = Layer::input_shape::size;
                        constexpr std::size_t outputs = Layer::output_shape::size;
                        const std::size_t to = std::min(inputs, from + size);
                        const T* grad_output = rows_.template grad_outputs<decltype(k)::value>();
                        Layer::template backward_weight<V>(rows_.template inputs<decltype(k)::value>(), grad_output,
                                                           count, from, to, add, gradient);
                        for (std::size_t o = 0; o < outputs; ++o) {
                            finite = finite && math::all_finite(gradient + o * inputs + from, to - from);
                        }
                        if constexpr (Layer::bias_shape::size != 0) {
                            if (b == 0) {
                                Layer::template backward_bias<V>(grad_output, count, add, gradient);
                                finite = finite && math::all_finite(gradient + Layer::weight_shape::size, outputs);
                            }
                        }
                    } else if constexpr (Stage::kind == LayerKind::statistics) {
                        Layer::store_gradient(sums_.data() + Plan::statistics_offsets[k], gradient);
                        finite = math::all_finite(gradient, Stage::parameters);
                    } else {
                        const std::size_t to = std::min(Stage::parameters, from + size);
                        const T* partial = partial_.data() + Plan::tile_gradient_offsets[k];
                        if (!add) {
                            std::fill(gradient + from, gradient + to, T(0));
                        }
                        for (std::size_t group = 0; group < group_count(count); ++group) {
                            for (std::size_t i = from; i < to; ++i) {
                                gradient[i] += partial[group * Plan::tile_gradient_numbers + i];
                            }
                        }
                        finite = math::all_finite(gradient + from, to - from);
                    }
                    finite_[gradient_blocks[k] + b] = finite ? 1 : 0;
                });
            }
        });
    }

    std::size_t capacity_;
    std::size_t threads_;
    AlignedVector<run::TileWorkspace<Plan, V>> tiles_;
    Rows<Plan, V> rows_;
    AlignedVector<T> partial_;
    AlignedVector<double> losses_;        // of each tile of a round
    AlignedVector<double> totals_;        // of all rounds before each
    AlignedVector<std::uint8_t> finite_;  // of each block of the gradient
    AlignedVector<T> gradients_;
    AlignedVector<T> tile_statistics_;  // of each stage that has them, for each tile
    AlignedVector<T> statistics_;       // the same of the batch
    AlignedVector<T> sums_;             // and of its gradients
};

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

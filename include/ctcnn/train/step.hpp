// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/math.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/kernels/linear.hpp>
#include <ctcnn/model/forward.hpp>
#include <ctcnn/model/plan.hpp>
#include <ctcnn/train/gather.hpp>
#include <ctcnn/train/parallel.hpp>

namespace ctcnn::train {

/// Batch: the images of one step; order[n] says which image is the n-th, null means they are taken as they lie.
template <typename Image, typename Target>
struct Batch {
    const Image* images;
    const Target* targets;
    const std::uint32_t* order;
    std::size_t count;

    constexpr std::size_t at(std::size_t n) const { return order == nullptr ? n : order[n]; }
};

/// A batch is worked off in rounds of at most so many images, so that memory does not grow with the batch.
inline constexpr std::size_t round_images = 256;

/// How many groups a round's tiles are divided into. Each group's gradient is summed for itself, and the groups' sums are
/// added in order: this, and not the number of threads, fixes the bits of the result. So many threads can be busy at most.
inline constexpr std::size_t largest_group_count = 16;

/// StepWorkspace: what a training step needs; nothing is allocated after construction.
template <typename Net, Number V>
class StepWorkspace {
public:
    using T = scalar_t<V>;
    using Plan = typename Net::plan;
    static constexpr std::size_t lanes = lane_count<V>;

    /// For batches of up to `batch` images on up to `threads` threads.
    constexpr explicit StepWorkspace(std::size_t batch, std::size_t threads)
        : capacity_(std::min(batch, round_images)),
          tiles_(std::min(threads, group_count(capacity_))),
          rows_((capacity_ + lanes - 1) / lanes * lanes * row_offsets[Plan::stage_count]),
          partial_(largest_group_count * Plan::tile_gradient_numbers),
          losses_((capacity_ + lanes - 1) / lanes),
          totals_((batch + capacity_ - 1) / capacity_ + 1),
          gradients_(Net::parameter_count) {}

    constexpr std::size_t threads() const { return tiles_.size(); }

    /// The gradient of the last step, in the order of the network's parameters.
    constexpr const T* gradients() const { return gradients_.data(); }

    /// The workspace of one thread, for a use between two steps.
    constexpr model::TileWorkspace<Plan, V>& tile(std::size_t thread) { return tiles_[thread]; }

    /// How many threads are worth their while for a batch of `count` images.
    constexpr std::size_t useful_threads(std::size_t count) const {
        constexpr std::size_t worthwhile = 1'000'000;  // multiply-adds, about what waking and waiting costs
        const std::size_t work = 3 * count * Net::multiply_adds;
        return std::max<std::size_t>(1,
                                     std::min({threads(), group_count(std::min(count, capacity_)), work / worthwhile}));
    }

    /// Forward and backward of a batch, called by all members of a team; when the last one leaves, all is done.
    /// When all is known of a part of the gradient, update(offset, count) is called for it, on any thread; not so if the
    /// loss is not finite. finished(mean loss) is called once, on any thread.
    template <typename Loss, typename Image, typename Target, typename Update, typename Finished>
    constexpr void step(Team& team, const T* parameters, const Loss& loss, const Batch<Image, Target>& batch,
                        const Update& update, const Finished& finished) {
        std::size_t round = 0;
        for (std::size_t first = 0; first < batch.count; first += capacity_, ++round) {
            const std::size_t count = std::min(capacity_, batch.count - first);
            const bool last = first + count == batch.count;
            team.for_each(group_count(count), [&](std::size_t group) {
                run_group(parameters, loss, batch, first, count, group, tiles_[team.member()]);
            });
            team.barrier();
            // Each item adds up the same losses in the same order, and so knows without asking whether to go on.
            const auto total = [&] {
                double sum = totals_[round];
                for (std::size_t tile = 0; tile < tile_count(count); ++tile) {
                    sum += static_cast<double>(losses_[tile]);
                }
                return sum;
            };
            reduce(team, count, first != 0, total, [&](std::size_t offset, std::size_t length) {
                if (last) {
                    update(offset, length);
                }
            });
            team.for_each(1, [&](std::size_t) {
                totals_[round + 1] = total();
                if (last) {
                    finished(static_cast<T>(totals_[round + 1] / static_cast<double>(batch.count)));
                }
            });
            team.barrier();
        }
    }

    /// The same with a team of its own; returns the mean loss.
    template <typename Loss, typename Image, typename Target, typename Update>
    constexpr T run(const T* parameters, const Loss& loss, const Batch<Image, Target>& batch, const Update& update) {
        T result = 0;
        parallel(useful_threads(batch.count),
                 [&](Team& team) { step(team, parameters, loss, batch, update, [&](T mean) { result = mean; }); });
        return result;
    }

private:
    /// Where the rows of stage K's inputs and output gradients lie, in numbers for each image.
    template <std::size_t K>
    static consteval std::size_t row_numbers() {
        using Layer = typename Plan::template Stage<K>::Layer;
        if constexpr (Plan::template batched<K>) {
            return kernels::row_length<V>(Layer::input_shape::size) + kernels::row_length<V>(Layer::output_shape::size);
        } else {
            return 0;
        }
    }
    static constexpr auto row_offsets = [] {
        return []<std::size_t... K>(std::index_sequence<K...>) {
            return model::running_sums(std::array<std::size_t, Plan::stage_count>{row_numbers<K>()...});
        }(std::make_index_sequence<Plan::stage_count>{});
    }();

    constexpr T* input_rows(std::size_t stage) { return rows_.data() + padded_capacity() * row_offsets[stage]; }
    template <std::size_t K>
    constexpr T* gradient_rows() {
        using Layer = typename Plan::template Stage<K>::Layer;
        return input_rows(K) + padded_capacity() * kernels::row_length<V>(Layer::input_shape::size);
    }
    constexpr std::size_t padded_capacity() const { return (capacity_ + lanes - 1) / lanes * lanes; }

    static constexpr std::size_t tile_count(std::size_t images) { return (images + lanes - 1) / lanes; }
    static constexpr std::size_t group_count(std::size_t images) {
        return std::min(tile_count(images), largest_group_count);
    }

    /// Writes what stage K needs of a tile for its batched gradient.
    struct RowWriter {
        StepWorkspace& workspace;
        std::size_t tile;

        template <std::size_t K>
        constexpr void store(const V* input, const V* grad_output) const {
            using Layer = typename Plan::template Stage<K>::Layer;
            constexpr std::size_t inputs = Layer::input_shape::size;
            constexpr std::size_t outputs = Layer::output_shape::size;
            kernels::store_rows<inputs>(input, workspace.input_rows(K) + tile * lanes * kernels::row_length<V>(inputs));
            kernels::store_rows<outputs>(
                grad_output, workspace.template gradient_rows<K>() + tile * lanes * kernels::row_length<V>(outputs));
        }
    };

    /// Forward and backward of the tiles of one group: group g of G has the tiles g*tiles/G, ..., (g + 1)*tiles/G - 1.
    /// Not inlined: compilers take less time and memory over two functions than over one of twice the size.
    template <typename Loss, typename Image, typename Target>
    [[gnu::noinline]] constexpr void run_group(const T* parameters, const Loss& loss, const Batch<Image, Target>& batch,
                                               std::size_t first, std::size_t count, std::size_t group,
                                               model::TileWorkspace<Plan, V>& workspace) {
        const std::size_t groups = group_count(count);
        const std::size_t begin = group * tile_count(count) / groups;
        const std::size_t end = (group + 1) * tile_count(count) / groups;
        for (std::size_t tile = begin; tile < end; ++tile) {
            const std::size_t present = std::min(lanes, count - tile * lanes);
            std::array<const T*, lanes> images{};
            std::array<const Target*, lanes> targets{};
            V scale{};
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                // An absent lane computes with the last image, and its gradient is scaled by zero.
                const std::size_t n = batch.at(first + tile * lanes + std::min(lane, present - 1));
                images[lane] = batch.images[n].data();
                targets[lane] = &batch.targets[n];
                set_lane(scale, lane, lane < present ? T(1) / static_cast<T>(batch.count) : T(0));
            }
            model::forward<Plan>(parameters, workspace,
                                 Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)));
            const V lane_losses = loss.template evaluate<Plan::output_size>(workspace.output(), targets, scale,
                                                                            workspace.grad_output.data());
            losses_[tile] = 0;
            for (std::size_t lane = 0; lane < present; ++lane) {
                losses_[tile] += get_lane(lane_losses, lane);
            }
            model::backward<Plan>(parameters, workspace, tile != begin,
                                  partial_.data() + group * Plan::tile_gradient_numbers, RowWriter{*this, tile});
        }
    }

    /// The gradient from what the groups have left: sums of partial gradients, and products of rows.
    template <typename Total, typename Done>
    constexpr void reduce(Team& team, std::size_t count, bool add, const Total& total, const Done& done) {
        Plan::for_each_stage([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            using Layer = typename Stage::Layer;
            if constexpr (Stage::parameters == 0) {
                return;
            } else if constexpr (Layer::batched_gradient) {
                constexpr std::size_t inputs = Layer::input_shape::size;
                constexpr std::size_t outputs = Layer::output_shape::size;
                constexpr std::size_t block = 16 * lanes;
                const T* input = input_rows(k);
                const T* grad_output = gradient_rows<decltype(k)::value>();
                T* gradient = gradients_.data() + Stage::parameter_offset;
                team.for_each((inputs + block - 1) / block, [&](std::size_t b) {
                    if (!math::is_finite(total())) {
                        return;
                    }
                    const std::size_t from = b * block;
                    const std::size_t to = std::min(inputs, from + block);
                    Layer::template backward_weight<V>(input, grad_output, count, from, to, add, gradient);
                    for (std::size_t o = 0; o < outputs; ++o) {
                        done(Stage::parameter_offset + o * inputs + from, to - from);
                    }
                    if constexpr (Layer::bias_shape::size != 0) {
                        if (b == 0) {
                            Layer::template backward_bias<V>(grad_output, count, add, gradient);
                            done(Stage::parameter_offset + Layer::weight_shape::size, outputs);
                        }
                    }
                });
            } else {
                constexpr std::size_t block = std::min<std::size_t>(Stage::parameters, 2048);
                team.for_each((Stage::parameters + block - 1) / block, [&](std::size_t b) {
                    if (!math::is_finite(total())) {
                        return;
                    }
                    const std::size_t from = b * block;
                    const std::size_t to = std::min(Stage::parameters, from + block);
                    T* gradient = gradients_.data() + Stage::parameter_offset;
                    const T* partial = partial_.data() + Plan::tile_gradient_offsets[k];
                    if (!add) {
                        std::fill(gradient + from, gradient + to, T(0));
                    }
                    for (std::size_t group = 0; group < group_count(count); ++group) {
                        for (std::size_t i = from; i < to; ++i) {
                            gradient[i] += partial[group * Plan::tile_gradient_numbers + i];
                        }
                    }
                    done(Stage::parameter_offset + from, to - from);
                });
            }
        });
    }

    std::size_t capacity_;
    AlignedVector<model::TileWorkspace<Plan, V>> tiles_;
    AlignedVector<T> rows_;
    AlignedVector<T> partial_;
    AlignedVector<T> losses_;       // of each tile of a round
    AlignedVector<double> totals_;  // of all rounds before each
    AlignedVector<T> gradients_;
};

}  // namespace ctcnn::train

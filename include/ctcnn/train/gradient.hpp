// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <ctcnn/core/aligned_vector.hpp>
#include <ctcnn/core/finite.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/plan.hpp>
#include <ctcnn/run/parallel.hpp>
#include <ctcnn/train/round.hpp>
#include <ctcnn/train/step_memory.hpp>

namespace CTCNN_DETAIL::train::inline CTCNN_TEAM {

/// Gradient: that of a batch, with respect to the network's parameters and in their order.
template <typename Plan, Number V>
class Gradient {
public:
    using T = scalar_t<V>;

    constexpr Gradient() : finite_(first_blocks[Plan::stage_count]), numbers_(Plan::parameter_count) {}

    constexpr T* data() { return numbers_.data(); }

    /// Whether all of it is finite.
    constexpr bool is_finite() const {
        bool finite = true;
        // No iterators: those of a standard library in debug mode are no literal types.
        for (std::size_t b = 0; b < finite_.size(); ++b) {
            finite = finite && finite_[b] != 0;
        }
        return finite;
    }

    /// The gradient from what the groups have left: sums of partial gradients, and products of rows. Notes of each
    /// block whether all of it is finite.
    constexpr void sum(run::Team& team, StepMemory<Plan, V>& memory, std::size_t count, bool add) {
        Plan::for_each_stage([&](auto k) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            using Layer = typename Stage::Layer;
            if constexpr (Stage::parameters != 0) {
                constexpr std::size_t size = block_size<decltype(k)::value>;
                T* gradient = numbers_.data() + Stage::parameter_offset;
                team.for_each(block_count<decltype(k)::value>, [&](std::size_t b) {
                    const std::size_t from = b * size;
                    bool finite = true;
                    if constexpr (Layer::batched_gradient) {
                        constexpr std::size_t inputs = Layer::input_shape::size;
                        constexpr std::size_t outputs = Layer::output_shape::size;
                        const std::size_t to = std::min(inputs, from + size);
                        const auto rows = memory.rows.template of<decltype(k)::value>();
                        Layer::backward_weight(rows, count, from, to, add, gradient);
                        finite = math::all_finite(gradient + from, to - from, outputs, inputs);
                        if constexpr (Layer::bias_shape::size != 0) {
                            if (b == 0) {
                                Layer::backward_bias(rows, count, add, gradient);
                                finite = finite && math::all_finite(gradient + Layer::weight_shape::size, outputs);
                            }
                        }
                    } else if constexpr (Stage::kind == LayerKind::statistics) {
                        Layer::store_gradient(memory.sums.data() + Plan::statistics_offsets[k], gradient);
                        finite = math::all_finite(gradient, Stage::parameters);
                    } else {
                        const std::size_t to = std::min(Stage::parameters, from + size);
                        const T* partial = memory.partial.data() + Plan::tile_gradient_offsets[k];
                        sum_of_groups(partial + from, Plan::tile_gradient_numbers, group_count<V>(count), add,
                                      std::span(gradient + from, to - from));
                        finite = math::all_finite(gradient + from, to - from);
                    }
                    finite_[first_blocks[k] + b] = finite ? 1 : 0;
                });
            }
        });
    }

private:
    /// The sum of the partial gradients of all groups, which lie so many numbers apart; with `add`, added to what is
    /// there. One function for all stages.
    [[gnu::noinline]] static constexpr void sum_of_groups(const T* partial, std::size_t apart, std::size_t groups,
                                                          bool add, std::span<T> gradient) {
        if (!add) {
            std::fill(gradient.begin(), gradient.end(), T(0));
        }
        for (std::size_t group = 0; group < groups; ++group) {
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                gradient[i] += partial[group * apart + i];
            }
        }
    }

    /// The gradient of a stage is computed in blocks: of inputs, all outputs each, where it comes from rows. They are
    /// small, so that threads have equal portions: 784 inputs are 6 blocks of 128 and a rest where there are 16 lanes.
    template <std::size_t K>
    static constexpr std::size_t block_size =
        Plan::template batched<K> ? 8 * lane_count<V>
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
    static constexpr auto first_blocks = []<std::size_t... K>(std::index_sequence<K...>) {
        return graph::running_sums(std::array<std::size_t, Plan::stage_count>{block_count<K>...});
    }(std::make_index_sequence<Plan::stage_count>{});

    AlignedArray<std::uint8_t> finite_;  // of each block
    AlignedArray<T> numbers_;
};

/// Gradient::sum of a network that is compiled apart: defined in train/compiled.hpp.
template <typename Plan, Number V>
void sum_apart(Gradient<Plan, V>& gradient, run::Team& team, StepMemory<Plan, V>& memory, std::size_t count, bool add);

}  // namespace CTCNN_DETAIL::train::inline CTCNN_TEAM

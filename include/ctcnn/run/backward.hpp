// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/join.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/sharing.hpp>

// Backward comes to a stage when the gradient of its output is complete and lies in the place of the output, the
// derivative of the stage's own function included: the reader of a buffer has applied it as it stored. Where there are
// several readers, they add their gradients in a place behind the buffers, and the derivative is applied by the one that
// adds the last part, or where that is a join, when backward comes to the stage.
namespace CTCNN_DETAIL::run {

namespace detail {

/// Moves the gradient of a buffer to its place, with the derivative of the function that made it. The parts of a
/// concatenation have functions of their own.
template <typename Plan, std::size_t Buffer, Number V>
constexpr void complete_gradient(V* buffer, const V* gradient) {
    using Stage = typename Plan::template Stage<Buffer - 1>;
    if constexpr (Stage::kind == LayerKind::concat) {
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            const auto complete = [&](auto input) {
                constexpr std::size_t n = decltype(input)::value;
                constexpr std::size_t part = Plan::input_of(Buffer - 1, n);
                constexpr std::size_t offset = Plan::graph.offset_of_input(Buffer - 1, n);
                if constexpr (Plan::graph.buffers[part].parent == Buffer) {
                    complete_gradient<Plan, part>(buffer + offset, gradient + offset);
                } else {
                    using L = typename Plan::template PartOf<Buffer - 1, n>;
                    kernels::map_backward<detail_::Stage<L, L, NoFunction, V>>(buffer + offset, gradient + offset);
                }
            };
            (complete(std::integral_constant<std::size_t, Input>{}), ...);
        }(std::make_index_sequence<Stage::inputs>{});
    } else {
        using Out = typename Stage::Out;
        kernels::map_backward<detail_::Stage<Out, Out, typename Stage::Function, V>>(buffer, gradient);
    }
}

/// Calls compute(memory, function) for the gradient with respect to the n-th input of stage K, a buffer that holds the
/// input and receives the gradient through function::backward.
template <typename Plan, std::size_t K, std::size_t N, Number V, typename Crew, typename Compute>
[[gnu::always_inline]] constexpr void give_gradient(TileWorkspace<Plan, V>& workspace, const Crew& crew,
                                                    const Compute& compute) {
    constexpr std::size_t b = Plan::input_of(K, N);
    if constexpr (!Plan::has_own_gradient(b)) {
        compute(workspace.buffer(b), typename Plan::template Stage<b - 1>::Function{});
    } else {
        constexpr bool first = Plan::is_last_reader(K, N);
        V* target = first ? workspace.gradient(b) : workspace.added_gradient();
        const Range own = crew.share(Plan::buffer_size(b));
        std::copy_n(workspace.buffer(b) + own.first, own.count(), target + own.first);
        crew.barrier();
        compute(target, NoFunction{});
        if constexpr (!first) {
            crew.barrier();
        }
        if constexpr (!first && Plan::completes_sum(b) && Plan::graph.buffers[b].first_stage == K) {
            using Maker = typename Plan::template Stage<b - 1>;
            using Out = typename Maker::Out;
            if (crew.is_first()) {
                kernels::map_backward_of_sum<detail_::Stage<Out, Out, typename Maker::Function, V>>(
                    workspace.buffer(b), workspace.gradient(b), target);
            }
        } else if constexpr (!first) {
            V* sum = workspace.gradient(b);
            for (std::size_t i = own.first; i < own.last; ++i) {
                sum[i] = sum[i] + target[i];
            }
        }
    }
}

/// The gradient of a join with respect to its n-th input.
template <typename Plan, std::size_t K, std::size_t N, Number V>
constexpr void backward_join(TileWorkspace<Plan, V>& workspace) {
    using Stage = typename Plan::template Stage<K>;
    using Out = typename Stage::Out;
    using In = typename Plan::template InputOf<K, N>;
    constexpr std::size_t b = Plan::input_of(K, N);
    if constexpr (Plan::wants_gradient(b) && Plan::graph.buffers[b].parent != K + 1) {
        const V* grad_output = workspace.buffer(K + 1);
        const auto store = [&]<typename Before>(V* target, Before) {
            if constexpr (Stage::kind == LayerKind::concat) {
                using Copy = detail_::Stage<In, typename Plan::template PartOf<K, N>, Before, V>;
                kernels::map_backward<Copy>(target, grad_output + Plan::graph.offset_of_input(K, N));
            } else if constexpr (Stage::kind == LayerKind::add) {
                kernels::add_backward<Before, In, Out>(target, grad_output);
            } else {
                [&]<std::size_t... Input>(std::index_sequence<Input...>) {
                    kernels::multiply_backward<N, Before, Out, V>(
                        List<typename Plan::template InputOf<K, Input>...>{},
                        std::array<const V*, Stage::inputs>{workspace.buffer(Plan::input_of(K, Input))...}, target,
                        grad_output);
                }(std::make_index_sequence<Stage::inputs>{});
            }
        };
        if constexpr (!Plan::has_own_gradient(b)) {
            store(workspace.buffer(b), typename Plan::template Stage<b - 1>::Function{});
        } else if constexpr (Plan::is_last_reader(K, N)) {
            store(workspace.gradient(b), NoFunction{});
        } else {
            store(workspace.gradient(b), kernels::AddGradient{});
        }
    }
}

/// Backward of a layer that has parameters, as shared_forward.
template <typename Layer, typename Stage, typename Crew>
[[gnu::always_inline]] constexpr void shared_backward(const typename Stage::T* parameters, typename Stage::V* input,
                                                      const typename Stage::V* grad_output, bool add,
                                                      typename Stage::T* gradients, typename Stage::V* scratch,
                                                      const Crew& crew) {
    if constexpr (shares<Layer, Crew>) {
        Layer::template backward<Stage>(parameters, input, grad_output, add, gradients, scratch, crew);
    } else if (crew.is_first()) {
        Layer::template backward<Stage>(parameters, input, grad_output, add, gradients, scratch);
    }
}
/// As layer_forward.
template <typename Layer, typename Stage, typename Crew>
[[gnu::noinline]] constexpr void layer_backward(const typename Stage::T* parameters, typename Stage::V* input,
                                                const typename Stage::V* grad_output, bool add,
                                                typename Stage::T* gradients, typename Stage::V* scratch,
                                                const Crew& crew) {
    detail::shared_backward<Layer, Stage>(parameters, input, grad_output, add, gradients, scratch, crew);
}

/// Stage K backward. Gradients of parameters that are no batched ones are put into `gradients`, or with `add` added to
/// what is there.
template <typename Plan, std::size_t K, Number V, typename Rows, typename Batch>
constexpr void backward_stage(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, std::size_t tile,
                              bool add, scalar_t<V>* gradients, Rows& rows, const Batch& batch) {
    using Stage = typename Plan::template Stage<K>;
    using Layer = typename Stage::Layer;
    constexpr std::size_t b = Plan::input_of(K);
    const auto& crew = batch.crew;
    if constexpr (graph::is_join(Stage::kind)) {
        if (!crew.is_first()) {
            return;
        }
        [&]<std::size_t... N>(std::index_sequence<N...>) {
            (backward_join<Plan, K, N>(workspace), ...);
        }(std::make_index_sequence<Stage::inputs>{});
    } else {
        const V* grad_output = workspace.buffer(K + 1);
        const scalar_t<V>* own_parameters = parameters + Plan::template parameters_of<K, V>();
        scalar_t<V>* own_gradients = gradients + Plan::tile_gradient_offsets[K];
        V* scratch = run::scratch_of(batch, workspace.scratch.data());
        constexpr bool sums_gradient =
            Stage::parameters != 0 && !Layer::batched_gradient && Stage::kind != LayerKind::statistics;
        if constexpr (Stage::parameters != 0 && Layer::batched_gradient) {
            if (crew.is_first()) {
                rows.template store<K>(tile, workspace.buffer(b), grad_output);
            }
            crew.barrier();
        }
        if constexpr (Plan::wants_gradient(b)) {
            give_gradient<Plan, K, 0>(
                workspace, crew, [&]<typename Before>(V* input, Before) __attribute__((always_inline)) {
                    using Backward = typename Stage::template Backward<Before, V>;
                    if constexpr (Stage::kind == LayerKind::statistics) {
                        Layer::template backward_batch<Backward>(own_parameters, batch.statistics(K),
                                                                 batch.gradient_sums(K), batch.images, batch.present,
                                                                 input, grad_output, crew);
                    } else if constexpr (sums_gradient && Plan::segment_count > 1) {
                        detail::layer_backward<Layer, Backward>(own_parameters, input, grad_output, add, own_gradients,
                                                                scratch, crew);
                    } else if constexpr (sums_gradient) {
                        detail::shared_backward<Layer, Backward>(own_parameters, input, grad_output, add, own_gradients,
                                                                 scratch, crew);
                    } else if constexpr (shares<Layer, CrewFor<Plan, V>>) {
                        Layer::template backward_input<Backward>(own_parameters, input, grad_output,
                                                                 workspace.saved_by(K), scratch, crew);
                    } else if (crew.is_first()) {
                        Layer::template backward_input<Backward>(own_parameters, input, grad_output,
                                                                 workspace.saved_by(K), scratch);
                    }
                });
        } else if constexpr (sums_gradient) {
            using Backward = typename Stage::template Backward<NoFunction, V>;
            const V* input = workspace.buffer(b);
            if constexpr (!requires {
                              Layer::template backward_parameters<Backward>(input, grad_output, add, own_gradients,
                                                                            scratch);
                          }) {
                detail::shared_backward<Layer, Backward>(own_parameters, workspace.buffer(b), grad_output, add,
                                                         own_gradients, scratch, crew);
            } else if constexpr (shares<Layer, CrewFor<Plan, V>>) {
                Layer::template backward_parameters<Backward>(input, grad_output, add, own_gradients, scratch, crew);
            } else if (crew.is_first()) {
                Layer::template backward_parameters<Backward>(input, grad_output, add, own_gradients, scratch);
            }
        }
    }
}

}  // namespace detail

/// The first part of backward, for `Tiles` tiles whose workspaces lie side by side, from the gradient of the output of
/// each: back through the stages that they take together. The tiles are number `first` and those behind it; what a
/// stage needs of a tile for its batched gradient goes to rows.store<K>(tile, input, grad_output).
template <typename Plan, Number V, std::size_t Tiles, typename Rows>
constexpr void backward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces, std::size_t first,
                                 Rows& rows, const SharingFor<Plan, V>& sharing = {}) {
    const auto& crew = sharing.crew;
    for (std::size_t n = 0; crew.is_first() && n < Tiles; ++n) {
        detail::complete_gradient<Plan, Plan::stage_count>(workspaces[n].output(), workspaces[n].grad_output.data());
    }
    crew.barrier();
    Plan::template for_each_stage_backward<Plan::together_from>([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        std::array<V*, Tiles> inputs{};
        std::array<const V*, Tiles> grad_outputs{};
        std::array<V*, Tiles> scratch{};
        for (std::size_t n = 0; n < Tiles; ++n) {
            inputs[n] = workspaces[n].buffer(k);
            grad_outputs[n] = workspaces[n].buffer(k + 1);
            scratch[n] = run::scratch_of(sharing, workspaces[n].scratch.data());
            if (crew.is_first()) {
                rows.template store<decltype(k)::value>(first + n, inputs[n], grad_outputs[n]);
            }
        }
        crew.barrier();
        if constexpr (Plan::wants_gradient(k)) {
            using Before = typename Plan::template Stage<k - 1>::Function;
            Stage::Layer::template backward_input_tiles<typename Stage::template Backward<Before, V>, Tiles>(
                parameters + Plan::template parameters_of<decltype(k)::value, V>(), inputs, grad_outputs, scratch,
                crew);
            crew.barrier();
        }
    });
}

/// The second part of backward: back through the stages of a segment that each tile takes alone, from the stage with
/// statistics behind the segment to the one that it begins with, which needs sums of the whole batch first. The
/// gradients that are no batched ones (Plan::tile_gradient_numbers), summed over the lanes, are put into `gradients`,
/// or with `add` added to what is there.
template <typename Plan, std::size_t Segment = 0, Number V, typename Rows, typename Batch>
constexpr void backward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, std::size_t tile,
                              bool add, scalar_t<V>* gradients, Rows& rows, const Batch& batch) {
    const auto complete = [&](auto k) {
        if constexpr (Plan::has_own_gradient(k + 1) && !Plan::completes_sum(k + 1)) {
            if (batch.crew.is_first()) {
                detail::complete_gradient<Plan, k + 1>(workspace.buffer(k + 1), workspace.gradient(k + 1));
            }
            batch.crew.barrier();
        }
    };
    const auto run = [&](auto k) {
        detail::backward_stage<Plan, decltype(k)::value>(parameters, workspace, tile, add, gradients, rows, batch);
        batch.crew.barrier();
    };
    constexpr bool is_last = Segment + 1 == Plan::segment_count;
    constexpr std::size_t last = is_last ? Plan::together_from : Plan::segment_begins[Segment + 1];
    constexpr std::size_t first = Segment == 0 ? 0 : Plan::segment_begins[Segment] + 1;
    if constexpr (!is_last) {
        run(std::integral_constant<std::size_t, last>{});
    }
    Plan::template for_each_stage_backward<first, last>([&](auto k) {
        complete(k);
        run(k);
    });
    if constexpr (Segment != 0) {
        complete(std::integral_constant<std::size_t, first - 1>{});
    }
}

}  // namespace CTCNN_DETAIL::run

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/model/forward.hpp>

namespace CTCNN_DETAIL::model {

/// The first part of backward, for `Tiles` tiles whose workspaces lie side by side, from the gradient of the output of
/// each: back through the stages that they take together. The tiles are number `first` and those behind it; what a
/// stage needs of a tile for its batched gradient goes to rows.store<K>(tile, input, grad_output).
template <typename Plan, Number V, std::size_t Tiles, typename Rows>
constexpr void backward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces, std::size_t first,
                                 Rows& rows) {
    using Last = typename Plan::template Stage<Plan::stage_count - 1>::Function;
    for (std::size_t n = 0; n < Tiles; ++n) {
        V* output = workspaces[n].output();
        for (std::size_t i = 0; i < Plan::output_size; ++i) {
            output[i] = Last::backward(output[i], workspaces[n].grad_output[i]);
        }
    }
    Plan::for_each_stage_backward([&](auto k) {
        if constexpr (k >= Plan::together_from) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            for (std::size_t n = 0; n < Tiles; ++n) {
                rows.template store<decltype(k)::value>(first + n, workspaces[n].buffer(k),
                                                        workspaces[n].buffer(k + 1));
            }
            if constexpr (k > Plan::first_with_parameters) {
                using Before = typename Plan::template Stage<k - 1>::Function;
                Stage::Layer::template backward_input_tiles<Before, V, Tiles>(
                    parameters + Stage::parameter_offset,
                    detail::of_each<Tiles>([&](std::size_t n) -> V* { return workspaces[n].buffer(k); }),
                    detail::of_each<Tiles>([&](std::size_t n) -> const V* { return workspaces[n].buffer(k + 1); }));
            }
        }
    });
}

/// The second part of backward: back through the stages that each tile takes alone. The gradients that are no batched
/// ones (Plan::tile_gradient_numbers), summed over the lanes, are put into `gradients`, or with `add` added to what is
/// there.
template <typename Plan, Number V, typename Rows>
constexpr void backward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, std::size_t tile,
                              bool add, scalar_t<V>* gradients, Rows& rows) {
    Plan::for_each_stage_backward([&](auto k) {
        if constexpr (k < Plan::together_from) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            using Layer = typename Stage::Layer;
            V* input = workspace.buffer(k);
            const V* grad_output = workspace.buffer(k + 1);
            using In = typename Stage::In;
            using Out = typename Stage::Out;
            const scalar_t<V>* own_parameters = parameters + Stage::parameter_offset;
            scalar_t<V>* own_gradients = gradients + Plan::tile_gradient_offsets[k];
            V* scratch = workspace.scratch.data();
            constexpr bool sums_gradient = Stage::parameters != 0 && !Layer::batched_gradient;
            if constexpr (Stage::parameters != 0 && Layer::batched_gradient) {
                rows.template store<decltype(k)::value>(tile, input, grad_output);
            }
            if constexpr (k > Plan::first_with_parameters) {
                using Before = typename Plan::template Stage<k - 1>::Function;
                if constexpr (sums_gradient) {
                    Layer::template backward<In, Out, Before>(own_parameters, input, grad_output, add, own_gradients,
                                                              scratch);
                } else {
                    Layer::template backward_input<In, Out, Before>(own_parameters, input, grad_output,
                                                                    workspace.saved_by(k), scratch);
                }
            } else if constexpr (sums_gradient) {
                if constexpr (requires {
                                  Layer::template backward_parameters<In, Out>(input, grad_output, add, own_gradients,
                                                                               scratch);
                              }) {
                    Layer::template backward_parameters<In, Out>(input, grad_output, add, own_gradients, scratch);
                } else {
                    Layer::template backward<In, Out, NoFunction>(own_parameters, input, grad_output, add,
                                                                  own_gradients, scratch);
                }
            }
        }
    });
}

}  // namespace CTCNN_DETAIL::model

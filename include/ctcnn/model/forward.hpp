// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>

namespace ctcnn::model {

/// InferenceWorkspace: the two buffers between which the data of one tile of images goes back and forth.
template <typename Plan, Number V>
struct InferenceWorkspace {
    std::array<V, Plan::inference_numbers> numbers;
    [[no_unique_address]] std::array<V, Plan::template scratch_numbers<V>> scratch;

    /// Where the input of the first stage lies, and the output of the last one.
    constexpr V* input() { return numbers.data() + Plan::slot_offset(0); }
    constexpr const V* output() const { return numbers.data() + Plan::slot_offset(Plan::stage_count); }
};

/// Forward through all stages; the input is in place, its border excepted.
template <typename Plan, Number V>
constexpr void infer(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V>& workspace) {
    clear_border<typename Plan::InputLayout>(workspace.input());
    Plan::for_each_stage([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        const V* input = workspace.numbers.data() + Plan::slot_offset(k);
        V* output = workspace.numbers.data() + Plan::slot_offset(k + 1);
        // The slot has held other shapes before: the border that the next stage relies on is made anew.
        clear_border<typename Stage::Out>(output);
        Stage::Layer::template forward<typename Stage::In, typename Stage::Out, typename Stage::Function>(
            parameters + Stage::parameter_offset, input, output, static_cast<V*>(nullptr), workspace.scratch.data());
    });
}

/// TileWorkspace: all that training keeps of one tile of images.
template <typename Plan, Number V>
struct TileWorkspace {
    /// Buffer K holds the input of stage K on the way forward; on the way back its gradient takes its place.
    std::array<V, Plan::buffer_numbers> buffers{};
    std::array<V, Plan::saved_numbers> saved{};
    std::array<V, Plan::output_size> grad_output{};
    std::array<V, Plan::template scratch_numbers<V>> scratch{};

    constexpr V* buffer(std::size_t k) { return buffers.data() + Plan::buffer_offsets[k]; }
    constexpr V* output() { return buffers.data() + Plan::buffer_offsets[Plan::stage_count]; }
};

/// Forward through all stages, keeping what backward needs. The borders of all buffers are zero and stay so.
template <typename Plan, Number V>
constexpr void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace) {
    Plan::for_each_stage([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        Stage::Layer::template forward<typename Stage::In, typename Stage::Out, typename Stage::Function>(
            parameters + Stage::parameter_offset, workspace.buffer(k), workspace.buffer(k + 1),
            workspace.saved.data() + Plan::saved_offsets[k], workspace.scratch.data());
    });
}

/// Backward through all stages, from workspace.grad_output, the gradient of the output. What a stage with batched gradient
/// needs of this tile goes to rows.store<K>(input, grad_output); the other gradients (Plan::tile_gradient_numbers), summed
/// over the lanes, are put into `gradients`, or with `add` added to what is there.
template <typename Plan, Number V, typename Rows>
constexpr void backward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, bool add,
                        scalar_t<V>* gradients, const Rows& rows) {
    V* output = workspace.output();
    for (std::size_t i = 0; i < Plan::output_size; ++i) {
        output[i] =
            Plan::template Stage<Plan::stage_count - 1>::Function::backward(output[i], workspace.grad_output[i]);
    }
    Plan::for_each_stage_backward([&](auto k) {
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
            rows.template store<decltype(k)::value>(input, grad_output);
        }
        if constexpr (k > Plan::first_with_parameters) {
            using Before = typename Plan::template Stage<k - 1>::Function;
            if constexpr (sums_gradient) {
                Layer::template backward<In, Out, Before>(own_parameters, input, grad_output, add, own_gradients,
                                                          scratch);
            } else {
                Layer::template backward_input<In, Out, Before>(
                    own_parameters, input, grad_output, workspace.saved.data() + Plan::saved_offsets[k], scratch);
            }
        } else if constexpr (sums_gradient) {
            Layer::template backward_parameters<In, Out>(input, grad_output, add, own_gradients, scratch);
        }
    });
}

}  // namespace ctcnn::model

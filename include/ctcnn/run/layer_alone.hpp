// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/table.hpp>
#include <ctcnn/kernels/join.hpp>

namespace CTCNN_DETAIL::run {

/// One layer in inference, by itself: no function is fused with it, and its input and output lie without borders.
/// Layouts  inputs and output as tensors
template <typename Plan, std::size_t Leaf, typename T>
void run_layer(const T* parameters, const std::vector<const T*>& inputs, T* output) {
    using Layer = At<Leaf, typename Plan::leaves>;
    using Out = layout_t<typename Layer::output_shape>;
    constexpr auto& edges = graph::table_of<typename Plan::tree>.first_edge;
    [[maybe_unused]] constexpr std::size_t input_count = edges[Leaf + 1] - edges[Leaf];
    if constexpr (Layer::kind == LayerKind::concat) {
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            const auto append = [&output](const T* values, std::size_t count) {
                output = std::copy(values, values + count, output);
            };
            (append(inputs[Input], At<Input, typename Layer::input_shapes>::size), ...);
        }(std::make_index_sequence<input_count>{});
    } else if constexpr (graph::is_join(Layer::kind)) {
        using Join = std::conditional_t<Layer::kind == LayerKind::add, kernels::Sum, kernels::Product>;
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            kernels::join_forward<Join, NoFunction, Out>(List<layout_t<At<Input, typename Layer::input_shapes>>...>{},
                                                         std::array<const T*, sizeof...(Input)>{inputs[Input]...},
                                                         output);
        }(std::make_index_sequence<input_count>{});
    } else {
        using Shape = typename Layer::input_shape;
        const T* input = inputs[0];
        if constexpr (Layer::kind == LayerKind::elementwise) {
            std::transform(input, input + Shape::size, output, [](T x) { return Layer::Function::forward(x); });
        } else if constexpr (Layer::kind == LayerKind::reshape || Layer::kind == LayerKind::random) {
            std::copy(input, input + Shape::size, output);
        } else {
            using In = layout_t<Shape, Layer::input_border.height, Layer::input_border.width>;
            using Alone = Stage<In, Out, NoFunction, T>;
            std::vector<T> bordered(In::size);
            for (std::size_t c = 0; c < In::channels; ++c) {
                for (std::size_t h = 0; h < In::height; ++h, input += In::width) {
                    std::copy(input, input + In::width, bordered.data() + In::offset(c, h, 0));
                }
            }
            const T* own = parameters + Plan::leaf_offsets[Leaf];
            if constexpr (Layer::kind == LayerKind::statistics) {
                Layer::template forward<Alone>(own, parameters + Plan::parameter_count + Plan::buffer_offsets[Leaf],
                                               bordered.data(), output);
            } else {
                std::size_t scratch_size = 0;
                if constexpr (requires { Layer::template scratch_size<Alone>; }) {
                    scratch_size = Layer::template scratch_size<Alone>;
                }
                std::vector<T> saved(Layer::saved_size);
                std::vector<T> scratch(scratch_size);
                Layer::template forward<Alone>(own, bordered.data(), output, saved.data(), scratch.data());
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::run

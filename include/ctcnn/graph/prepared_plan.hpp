// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/facts.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/prepared_graph.hpp>

namespace CTCNN_DETAIL::graph {

/// PreparedPlan: the plan of a prepared network with elements T, from the plan of the network. Large weights are stored
/// as Weight. All sizes count elements.
template <typename Plan, std::floating_point T, typename Weight = T>
struct PreparedPlan {
    using V = Lanes<T>;
    using scalar = T;
    using plan = Plan;
    using leaves = typename Plan::leaves;
    static constexpr std::size_t count = V::count;
    static constexpr std::size_t line = alignment / sizeof(T);
    static constexpr std::size_t stage_count = Plan::stage_count;
    static constexpr const auto& graph = Plan::graph;

private:
    static constexpr std::size_t most_layers = graph.buffers.size() - 2;
    static constexpr std::size_t most_edges = graph.inputs.size() - 1;
    using Forms = PreparedGraph<most_layers, most_edges>;

    template <typename Layer>
    static consteval PreparedLayer facts_of() {
        if constexpr (!has_vectors) {
            return {Layer::kind, {}};
        } else if constexpr (is_join(Layer::kind)) {
            return {Layer::kind, {.offered = true, .follows = true}};
        } else if constexpr (requires { Layer::template prepared<count>; }) {
            return {Layer::kind, Layer::template prepared<count>};
        } else {
            return {Layer::kind, {}};
        }
    }
    template <typename... Shapes>
    static constexpr void add_forms(std::array<Form, most_edges + 1>& result, std::size_t edge, List<Shapes...>) {
        ((result[edge++] = form_of(Indices(Shapes::dims))), ...);
    }

    static constexpr auto layers = [] {
        std::array<PreparedLayer, most_layers + 1> result{};
        Plan::for_each_stage([&](auto k) { result[k] = facts_of<typename Plan::template Head<decltype(k)::value>>(); });
        return result;
    }();
    static constexpr auto input_forms = [] {
        std::array<Form, most_edges + 1> result{};
        Plan::for_each_stage([&](auto k) {
            using Layer = typename Plan::template Head<decltype(k)::value>;
            if constexpr (is_join(Layer::kind)) {
                add_forms(result, graph.stages[k].first_edge, typename Layer::input_shapes{});
            } else {
                add_forms(result, graph.stages[k].first_edge, List<typename Layer::input_shape>{});
            }
        });
        return result;
    }();

public:
    static constexpr Forms forms{graph, layers, input_forms, count, line};

    static constexpr const PreparedStage& stage(std::size_t k) { return forms.stages[k]; }

    /// The blocked form of a value.
    template <std::size_t B>
    using Blocked =
        BlockedLayout<count, graph.buffers[B].form.channels, graph.buffers[B].form.height, graph.buffers[B].form.width,
                      forms.values[B].border.height, forms.values[B].border.width, forms.values[B].more.height,
                      forms.values[B].more.width>;
    /// The planar form, as the value was made.
    template <std::size_t B>
    using Planar = Layout<graph.buffers[B].form.channels, graph.buffers[B].form.height, graph.buffers[B].form.width,
                          graph.buffers[B].border.height, graph.buffers[B].border.width>;
    /// The image as the caller has it.
    using ImageLayout = Layout<Planar<0>::channels, Planar<0>::height, Planar<0>::width>;

private:
    template <std::size_t B, ValueForm F, typename S>
    static consteval auto layout() {
        if constexpr (F == ValueForm::blocked) {
            return std::type_identity<Blocked<B>>{};
        } else {
            return std::type_identity<typename Plan::template LayoutOf<B, S>>{};
        }
    }

    template <std::size_t K>
    struct KernelOf {
        using Layer = typename Plan::template Head<K>;
        static constexpr ValueForm reads = forms.stages[K].reads;
        static constexpr std::size_t output = forms.stages[K].output;
        using Out = typename decltype(layout<output, forms.values[output].made, typename Layer::output_shape>())::type;
        using In = typename decltype(layout<graph.input_of(K), reads, typename Layer::input_shape>())::type;
        using type =
            typename Layer::template Prepared<WeightedStage<In, Out, typename Plan::template FunctionOf<K>, V, Weight>,
                                              forms.stages[K].pooling>;
    };

public:
    /// The prepared kernel of a stage that is no join.
    template <std::size_t K>
    using Kernel = typename KernelOf<K>::type;

private:
    static constexpr std::size_t whole(std::size_t size) { return (size + line - 1) / line * line; }

    template <std::size_t K>
    static consteval std::size_t packed_size() {
        using Layer = typename Plan::template Head<K>;
        if constexpr (forms.stages[K].is_done || is_join(Layer::kind)) {
            return 0;
        } else if constexpr (forms.stages[K].is_prepared) {
            return whole(Kernel<K>::packed_size);
        } else {
            return whole(graph::parameter_count<Layer>()) + whole(graph::buffer_count<Layer>());
        }
    }
    template <std::size_t K>
    static consteval std::size_t scratch_size() {
        if constexpr (forms.stages[K].is_done) {
            return 0;
        } else if constexpr (!forms.stages[K].is_prepared) {
            return Plan::template Stage<K>::template scratch_numbers<T>;
        } else if constexpr (!is_join(Plan::template Stage<K>::kind)) {
            return Kernel<K>::scratch_size;
        } else {
            return 0;
        }
    }

public:
    /// Where what was packed of each stage begins. Of a stage that runs as in net(x), these are its parameters, and
    /// behind whole cache lines its running statistics.
    static constexpr auto packed_offsets = []<std::size_t... K>(std::index_sequence<K...>) {
        return running_sums(std::array<std::size_t, stage_count>{packed_size<K>()...});
    }(std::make_index_sequence<stage_count>{});
    static constexpr std::size_t packed_numbers = packed_offsets[stage_count];
    template <typename Layer>
    static constexpr std::size_t statistics_offset = whole(graph::parameter_count<Layer>());

    /// The memory of a workspace: values, and behind them the scratch memory that all stages share.
    static constexpr std::size_t zeros = forms.zeros;
    static constexpr std::size_t scratch_offset = forms.size;
    static constexpr std::size_t scratch_numbers = []<std::size_t... K>(std::index_sequence<K...>) {
        return whole(std::max({scratch_size<K>()...}));
    }(std::make_index_sequence<stage_count>{});
    static constexpr std::size_t workspace_numbers = forms.size + scratch_numbers;

    /// Where a value lies in a workspace.
    static constexpr std::size_t offset_of(std::size_t buffer, ValueForm form) {
        return forms.values[buffer].in(form).offset;
    }
    /// Whether a value is a part of the buffer of the concatenation that reads it.
    static constexpr bool is_part(std::size_t buffer) { return forms.values[buffer].copies[0].parent != no_parent; }
    /// Whether the form of a value that stage k reads is made of the other one before it runs.
    static constexpr bool converts(std::size_t k, std::size_t buffer, ValueForm form) {
        const PreparedValue& value = forms.values[buffer];
        return !value.is_flat && value.made != form && value.in(form).first == k;
    }
};

}  // namespace CTCNN_DETAIL::graph

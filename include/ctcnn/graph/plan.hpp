// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/shape.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/graph/facts.hpp>
#include <ctcnn/graph/flow.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/graph/memory.hpp>
#include <ctcnn/graph/table.hpp>

namespace CTCNN_DETAIL::graph {

/// Where the channels of a value lie: one after the other, or with a gap between them where they would share a few sets
/// of the cache (Graph::with_gaps). Only tiles of images are so large that this matters.
enum class Planes : bool { adjacent, apart };

/// Plan: how a network runs: stages, each of which reads buffers and writes the next one; where each buffer, parameter
/// and gradient lies is a constant. All sizes count elements, not bytes.
/// Its arguments are the network as it is spelled, not the layers bound to their shapes: the name of each function that
/// runs a stage contains them, and compilers take a time for a name that grows with the square of its different parts.
template <Mode M, Planes P, typename InputLayer, typename... Layers>
struct Plan {
    using tree = typename graph::Flow<typename InputLayer::shape, Layers...>::layers;
    using leaves = typename detail::LeavesOf<tree>::type;
    static constexpr auto facts = detail::facts_of(leaves{});
    /// Whether a layer computes in training alone.
    static constexpr bool has_random = [] {
        bool found = false;
        for (std::size_t n = 0; n < facts.size(); ++n) {
            found = found || facts[n].kind == LayerKind::random;
        }
        return found;
    }();

    /// Of an image, forward.
    static constexpr std::uint64_t multiply_adds = detail::multiply_adds_of(leaves{});

    static constexpr auto leaf_offsets = running_sums(detail::parameter_counts(leaves{}));
    static constexpr std::size_t parameter_count = leaf_offsets.back();
    static constexpr auto buffer_offsets = running_sums(detail::buffer_counts(leaves{}));

private:
    static constexpr Graph adjacent{table_of<tree>, facts, form_of(Indices(InputLayer::shape::dims)), M};
    static constexpr Graph apart = adjacent.with_gaps(set_period / vector_bytes);

public:
    static constexpr Graph graph = P == Planes::apart ? apart : adjacent;
    /// How tiles of images run: with planes apart, where there are such.
    using OfTiles = std::conditional_t<apart.has_gaps(), Plan<M, Planes::apart, InputLayer, Layers...>, Plan>;
    static constexpr std::size_t stage_count = graph.stage_count;

    /// The leaf that a stage is called by.
    static constexpr std::size_t leaf_of(std::size_t stage) { return graph.stages[stage].layer; }

    template <std::size_t K>
    using Head = At<leaf_of(K), leaves>;

    /// The elementwise function that stage K applies as it stores.
    template <std::size_t K>
    using FunctionOf = typename detail::FunctionOf<graph.stages[K].function, leaves>::type;

    /// A buffer that holds a value of shape S.
    template <std::size_t Buffer, typename S>
    using LayoutOf =
        layout_t<S, graph.buffers[Buffer].border.height, graph.buffers[Buffer].border.width, graph.buffers[Buffer].gap>;

    static constexpr std::size_t input_of(std::size_t stage, std::size_t n = 0) { return graph.input_of(stage, n); }

    /// The shape of input N of stage K, a join, and how it lies in its buffer and, for a concatenation, in that of the
    /// stage.
    template <std::size_t K, std::size_t N>
    using InputShape = At<N, typename Head<K>::input_shapes>;
    template <std::size_t K, std::size_t N>
    using InputOf = LayoutOf<graph.input_of(K, N), InputShape<K, N>>;
    template <std::size_t K, std::size_t N>
    using PartOf = LayoutOf<K + 1, InputShape<K, N>>;

    /// Stage K: its layer, how its input and output lie in their buffers, its function, and where its parameters are.
    template <std::size_t K>
    struct Stage {
        using Layer = Head<K>;
        using In = LayoutOf<graph.input_of(K), typename Layer::input_shape>;
        using Out = LayoutOf<K + 1, typename Layer::output_shape>;
        using Function = FunctionOf<K>;
        /// The stage as its kernels see it forward, and with the function that made its input, backward.
        template <Number V>
        using Forward = typename StageFor<InputLayer>::template type<In, Out, Function, V>;
        template <typename Before, Number V>
        using Backward = typename StageFor<InputLayer>::template type<In, Out, Before, V>;
        static constexpr LayerKind kind = Layer::kind;
        static constexpr std::size_t inputs = graph.stages[K].inputs;
        static_assert(Out::size == graph.buffers[K + 1].size() &&
                          (inputs != 1 || In::size == graph.buffers[graph.input_of(K)].size()),
                      "the two sides of a value see elements at the same places");
        static constexpr std::size_t parameter_offset = leaf_offsets[leaf_of(K)];
        static constexpr std::size_t parameters = graph::parameter_count<Layer>();
        /// Where its running statistics begin behind all parameters.
        static constexpr std::size_t buffer_offset = buffer_offsets[leaf_of(K)];
        /// How many elements V its kernels need as scratch memory.
        template <Number V>
        static constexpr std::size_t scratch_numbers = [] {
            if constexpr (requires { Layer::template scratch_size<Forward<V>>; }) {
                return Layer::template scratch_size<Forward<V>>;
            } else {
                return std::size_t{0};
            }
        }();
    };

    /// Compilers limit the length of a fold; clang's limit is 256.
    static constexpr std::size_t longest_fold = 128;

    /// Calls f(std::integral_constant<std::size_t, K>{}) for the stages First, ..., Last - 1.
    template <std::size_t First = 0, std::size_t Last = stage_count, typename F>
    static constexpr void for_each_stage(F&& f) {
        if constexpr (First + longest_fold < Last) {
            constexpr std::size_t middle = First + (Last - First) / 2;
            for_each_stage<First, middle>(f);
            for_each_stage<middle, Last>(f);
        } else {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (f(std::integral_constant<std::size_t, First + K>{}), ...);
            }(std::make_index_sequence<(First < Last ? Last - First : 0)>{});
        }
    }
    /// The same from the last one to the first.
    template <std::size_t First = 0, std::size_t Last = stage_count, typename F>
    static constexpr void for_each_stage_backward(F&& f) {
        if constexpr (First + longest_fold < Last) {
            constexpr std::size_t middle = First + (Last - First) / 2;
            for_each_stage_backward<middle, Last>(f);
            for_each_stage_backward<First, middle>(f);
        } else {
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                (f(std::integral_constant<std::size_t, Last - 1 - K>{}), ...);
            }(std::make_index_sequence<(First < Last ? Last - First : 0)>{});
        }
    }

private:
    /// {f(stage 0), f(stage 1), ...} for a constant of each stage.
    template <typename F>
    static consteval auto each(F f) {
        return [&]<std::size_t... K>(std::index_sequence<K...>) {
            return std::array<std::size_t, stage_count>{f(std::integral_constant<std::size_t, K>{})...};
        }(std::make_index_sequence<stage_count>{});
    }

public:
    using InputLayout = typename Stage<0>::In;
    using OutputLayout = typename Stage<stage_count - 1>::Out;
    static constexpr std::size_t output_size = OutputLayout::size;

    /// Training keeps each buffer: buffer K begins at buffer_offset(K). A gradient that several readers add to has a
    /// place of its own, at gradient_offset(K) behind all buffers, until it is complete.
    struct TrainingMemory {
        std::array<std::size_t, stage_count + 1> buffers{};
        std::size_t buffers_size = 0;
        std::size_t largest_gradient = 0;
    };
    static constexpr TrainingMemory training_memory = [] {
        TrainingMemory memory;
        for (std::size_t b = 0; b <= stage_count; ++b) {
            memory.buffers[b] = memory.buffers_size;
            memory.buffers_size += graph.buffers[b].parent == no_parent ? graph.buffers[b].size() : 0;
        }
        for (std::size_t b = 0; b <= stage_count; ++b) {
            memory.buffers[b] = memory.buffers[graph.root_of(b)] + graph.offset_in_root(b);
            if (graph.buffers[b].own_gradient) {
                memory.largest_gradient = std::max(memory.largest_gradient, graph.buffers[b].size());
            }
        }
        return memory;
    }();
    static constexpr auto gradient_places = gradient_memory(graph);
    static constexpr std::size_t buffer_numbers = training_memory.buffers_size + gradient_places.size;
    static constexpr std::size_t buffer_offset(std::size_t k) { return training_memory.buffers[k]; }
    static constexpr std::size_t gradient_offset(std::size_t k) {
        return training_memory.buffers_size + gradient_places.offsets[k];
    }
    /// Where a reader computes a gradient that is then added: behind the scratch memory.
    static constexpr std::size_t added_gradient_numbers = training_memory.largest_gradient;
    static constexpr std::size_t buffer_size(std::size_t k) { return graph.buffers[k].size(); }

    /// Inference keeps a buffer until its last reader has run.
    static constexpr auto inference_places = inference_memory(graph);
    static constexpr std::size_t inference_numbers = inference_places.size;

    /// The scratch memory that all stages share.
    template <Number V>
    static constexpr std::size_t scratch_numbers = [] {
        const auto sizes = each([](auto k) { return Stage<decltype(k)::value>::template scratch_numbers<V>; });
        return *std::max_element(sizes.begin(), sizes.end());
    }();

    /// The same in training.
    template <Number V>
    static constexpr std::size_t training_scratch_numbers = scratch_numbers<V> + added_gradient_numbers;

    /// How many elements T the kernels of one image put on the stack in arrays, at most.
    template <std::floating_point T>
    static constexpr std::size_t stack_numbers = [] {
        const auto sizes = each([](auto k) {
            using Here = Stage<decltype(k)::value>;
            if constexpr (requires { Here::Layer::template stack_size<typename Here::template Forward<T>>; }) {
                return Here::Layer::template stack_size<typename Here::template Forward<T>>;
            } else {
                return std::size_t{0};
            }
        });
        return *std::max_element(sizes.begin(), sizes.end());
    }();

    /// Whether kernels of elements V read packed parameters (run/pack.hpp).
    template <Number V>
    static constexpr bool packs = StageFor<InputLayer>::template has_pairs<V>;
    /// Where those of each stage lie then, and behind them what is not learned.
    template <Number V>
    static constexpr auto packed_offsets = running_sums(each([](auto k) {
        using Here = Stage<decltype(k)::value>;
        if constexpr (requires { Here::Layer::template packed_size<typename Here::template Forward<V>>; }) {
            return Here::Layer::template packed_size<typename Here::template Forward<V>>;
        } else {
            return Here::parameters;
        }
    }));
    template <Number V>
    static constexpr std::size_t packed_numbers = packs<V> ? packed_offsets<V>[stage_count] + buffer_offsets.back() : 0;

    /// Where kernels of elements V find the parameters of stage K, and what is not learned.
    template <std::size_t K, Number V>
    static constexpr std::size_t parameters_of() {
        if constexpr (packs<V>) {
            return packed_offsets<V>[K];
        } else {
            return Stage<K>::parameter_offset;
        }
    }
    template <std::size_t K, Number V>
    static constexpr std::size_t buffers_of() {
        if constexpr (packs<V>) {
            return packed_offsets<V>[stage_count] + Stage<K>::buffer_offset;
        } else {
            return parameter_count + Stage<K>::buffer_offset;
        }
    }

    /// What forward leaves for backward.
    static constexpr auto saved_offsets =
        running_sums(each([](auto k) { return Head<decltype(k)::value>::saved_size; }));
    static constexpr std::size_t saved_numbers = saved_offsets[stage_count];

    /// Whether stage K needs statistics of the whole batch in training.
    static constexpr bool has_statistics(std::size_t stage) { return kinds[stage] == LayerKind::statistics; }
    /// Whether stage K's gradient is computed from rows of many images (a Linear's).
    template <std::size_t K>
    static constexpr bool batched = Head<K>::batched_gradient;

    /// Gradients that each tile computes for itself (a convolution's).
    static constexpr auto tile_gradient_offsets = running_sums(each([](auto k) {
        using Layer = Head<decltype(k)::value>;
        return Layer::batched_gradient || Layer::kind == LayerKind::statistics ? 0 : graph::parameter_count<Layer>();
    }));
    static constexpr std::size_t tile_gradient_numbers = tile_gradient_offsets[stage_count];

private:
    static constexpr auto kinds = [] {
        return []<std::size_t... K>(std::index_sequence<K...>) {
            return std::array<LayerKind, stage_count>{Head<K>::kind...};
        }(std::make_index_sequence<stage_count>{});
    }();

    /// Whether stage k reads buffer k alone, and nothing else does.
    static constexpr bool continues_chain(std::size_t k) {
        return graph.stages[k].inputs == 1 && graph.input_of(k) == k && graph.buffers[k].readers == 1 &&
               !graph.buffers[k].own_gradient;
    }

public:
    /// Whether a buffer is the term in whose place a sum is computed: from then on it holds the sum.
    static constexpr bool becomes_sum(std::size_t buffer) {
        const std::size_t parent = graph.buffers[buffer].parent;
        return parent != no_parent && kinds[parent - 1] == LayerKind::add;
    }
    /// The first buffer that has been in the place of a sum; any other buffer itself.
    static constexpr std::size_t first_in_place(std::size_t buffer) {
        for (std::size_t b = buffer; b-- > 0;) {
            if (becomes_sum(b) && graph.buffers[b].parent == buffer) {
                buffer = b;  // A term is made before the sum.
            }
        }
        return buffer;
    }
    /// Whether inference has stages or buffers of its own.
    static constexpr bool differs_in_inference = [] {
        bool differs = has_random;
        for (std::size_t b = 0; b <= stage_count; ++b) {
            differs = differs || becomes_sum(b);
        }
        return differs;
    }();

    /// Segments: the stages between two that need statistics of the batch, the second one included.
    static constexpr std::size_t segment_count = [] {
        std::size_t count = 1;
        for (std::size_t k = 0; k < stage_count; ++k) {
            count += has_statistics(k) ? std::size_t{1} : 0;
        }
        return count;
    }();
    static constexpr auto segment_begins = [] {
        std::array<std::size_t, segment_count + 1> begins{};
        std::size_t segment = 0;
        for (std::size_t k = 0; k < stage_count; ++k) {
            if (has_statistics(k)) {
                begins[++segment] = k;
            }
        }
        begins[segment_count] = stage_count;
        return begins;
    }();

    /// How many of the first stages follow one another, each with the buffer before it as its only input.
    static constexpr std::size_t first_chain = [] {
        std::size_t k = 0;
        while (k < stage_count && graph.stages[k].inputs == 1 && graph.input_of(k) == k && !has_statistics(k)) {
            ++k;
        }
        return k;
    }();

    /// From this stage on to the last one, all have batched gradients and follow one another. They see an image's
    /// elements once with each weight. Several tiles take these stages together and share the weights that are read.
    static constexpr std::size_t together_from = [] {
        constexpr auto batched_stages =
            each([](auto k) { return static_cast<std::size_t>(batched<decltype(k)::value>); });
        std::size_t first = stage_count;
        while (first > 0 && batched_stages[first - 1] != 0 && continues_chain(first - 1)) {
            --first;
        }
        return first;
    }();
    static constexpr auto together_places = inference_memory(graph, together_from);
    /// Whether these stages read or make a buffer, or it is a part of one that they read.
    static constexpr auto goes_together = [] {
        std::array<bool, stage_count + 1> result{};
        for (std::size_t b = 0; b <= stage_count; ++b) {
            result[b] = graph.root_of(b) >= together_from;
        }
        return result;
    }();
    /// How many tiles go together at most. Where statistics of the batch are needed, tiles wait for each other.
    template <Number V>
    static constexpr std::size_t tiles_together =
        is_lanes<V> && together_from < stage_count && segment_count == 1 ? 2 : 1;

    /// Of each stage with statistics, how many elements these are, for the batch and for each tile, and where they lie.
    static constexpr auto statistics_offsets = running_sums(each([](auto k) {
        using Layer = Head<decltype(k)::value>;
        if constexpr (Layer::kind == LayerKind::statistics) {
            return Layer::statistics_size;
        } else {
            return std::size_t{0};
        }
    }));
    static constexpr std::size_t statistics_numbers = statistics_offsets[stage_count];

    /// Whether statistics are those of one element of each image.
    static constexpr bool normalises_features = [] {
        bool found = false;
        for_each_stage<0, (segment_count > 1 ? stage_count : 0)>([&](auto k) {
            using Layer = Head<decltype(k)::value>;
            if constexpr (Layer::kind == LayerKind::statistics) {
                found = found || Layer::pixels == 1;
            }
        });
        return found;
    }();

    static constexpr bool wants_gradient(std::size_t buffer) { return graph.buffers[buffer].wants_gradient; }
    static constexpr bool has_own_gradient(std::size_t buffer) { return graph.buffers[buffer].own_gradient; }
    /// Whether the stage that adds the last part to the gradient of a buffer also completes it: a layer, where the
    /// buffer has one function.
    static constexpr bool completes_sum(std::size_t buffer) {
        const std::size_t stage = graph.buffers[buffer].first_stage;
        return has_own_gradient(buffer) && stage != graph.buffers[buffer].last_stage && !is_join(kinds[stage]) &&
               kinds[buffer - 1] != LayerKind::concat;
    }
    /// Whether the n-th input of a stage is the last reader of its buffer: backward comes to it first.
    static constexpr bool is_last_reader(std::size_t stage, std::size_t n) {
        const std::size_t buffer = graph.input_of(stage, n);
        for (std::size_t i = 0; i < n; ++i) {
            if (graph.input_of(stage, i) == buffer) {
                return false;  // Of one stage's inputs, the first one is taken first.
            }
        }
        return graph.buffers[buffer].last_stage == stage;
    }
};

}  // namespace CTCNN_DETAIL::graph

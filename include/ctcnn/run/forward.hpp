// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/list.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/graph/graph.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/join.hpp>
#include <ctcnn/run/sharing.hpp>

namespace CTCNN_DETAIL::run {

/// InferenceWorkspace: the buffers of one tile of images, each until its last reader has run. Where several tiles go
/// together, they share these until then, one after the other, and then have their own.
template <typename Plan, Number V, std::size_t Tiles = 1>
struct InferenceWorkspace {
    static constexpr std::size_t together_numbers = Tiles == 1 ? 0 : Plan::together_places.size;

    std::array<V, Plan::inference_numbers> numbers;
    /// Where stages that tiles take together need scratch memory, each tile has its own.
    static constexpr std::size_t scratch_numbers = Plan::template scratch_numbers<V>;
    [[no_unique_address]] std::array<V, (Plan::template packs<V> ? Tiles : 1) * scratch_numbers> scratch;
    [[no_unique_address]] std::array<V, Tiles * together_numbers> together;

    constexpr V* buffer(std::size_t k, std::size_t tile = 0) {
        if (Tiles == 1 || !Plan::goes_together[k]) {
            return numbers.data() + Plan::inference_places.offsets[k];
        }
        return together.data() + tile * together_numbers + Plan::together_places.offsets[k];
    }
    /// Where the input of the first stage lies, and the output of the last one.
    constexpr V* input(std::size_t tile = 0) { return buffer(0, tile); }
    constexpr const V* output(std::size_t tile = 0) { return buffer(Plan::stage_count, tile); }
};

/// SharedScratch: a place for scratch memory that is not the tile's own.
template <typename V>
struct SharedScratch {
    V* place = nullptr;

    constexpr V* data() const { return place; }
};

/// TileWorkspace: all that training keeps of one tile of images. Where all tiles go through a segment before the next
/// one begins, they share scratch memory, which stays in the caches.
template <typename Plan, Number V>
struct TileWorkspace {
    /// A buffer holds a value on the way forward; on the way back its gradient takes its place. Gradients that several
    /// stages add to are behind the buffers until they are complete.
    std::array<V, Plan::buffer_numbers> buffers{};
    std::array<V, Plan::saved_numbers> saved{};
    std::array<V, Plan::output_size> grad_output{};
    std::conditional_t<(Plan::segment_count > 1), SharedScratch<V>,
                       std::array<V, Plan::template training_scratch_numbers<V>>>
        scratch{};

    constexpr V* buffer(std::size_t k) { return buffers.data() + Plan::buffer_offset(k); }
    constexpr V* gradient(std::size_t k) { return buffers.data() + Plan::gradient_offset(k); }
    constexpr V* added_gradient() { return scratch.data() + Plan::template scratch_numbers<V>; }
    constexpr V* saved_by(std::size_t stage) { return saved.data() + Plan::saved_offsets[stage]; }
    constexpr V* output() { return buffer(Plan::stage_count); }
};

/// What a stage needs to know of the batch (run/pass.hpp): nothing in inference, and in the training of a network
/// without statistics and random numbers; and with whom the thread shares the tile.
template <typename Plan, Number V>
struct Inference : SharingFor<Plan, V> {
    static constexpr bool trains = false;
};

/// The rows of the input lie in their buffer.
struct InPlace {
    constexpr void rows_before(std::size_t) {}
};

namespace detail {

/// The n-th input of a concatenation: there already, or copied.
template <typename Plan, std::size_t K, std::size_t N, Number V>
constexpr void copy_branch(const V* input, V* output) {
    if constexpr (Plan::graph.buffers[Plan::input_of(K, N)].parent != K + 1) {
        using Copy = Stage<typename Plan::template InputOf<K, N>, typename Plan::template PartOf<K, N>, NoFunction, V>;
        kernels::map_forward<Copy>(input, output + Plan::graph.offset_of_input(K, N));
    }
}

/// How many of the first stages, at most `Most` that follow one another, can work row by row: at most one of them with
/// scratch memory, which it may need from one row to the next.
template <typename Plan, Number V, std::size_t Most, std::size_t K = 0, std::size_t Scratch = 0>
consteval std::size_t stages_by_rows() {
    if constexpr (K < std::min(Most, Plan::first_chain)) {
        using Stage = typename Plan::template Stage<K>;
        constexpr std::size_t scratch = Stage::template scratch_numbers<V>;
        if constexpr (requires { Stage::Layer::template by_rows<typename Stage::template Forward<V>>; }) {
            if constexpr (Stage::Layer::template by_rows<typename Stage::template Forward<V>> &&
                          (scratch == 0 || Scratch == 0)) {
                return stages_by_rows<Plan, V, Most, K + 1, Scratch + scratch>();
            }
        }
    }
    return K;
}

/// RowStream: the first stages of a forward pass, depth first. A row of buffer K is computed when it is asked for, and
/// asks for the rows of buffer K - 1 that it needs, so that each stage finds in the L1 cache what the one before it has
/// written.
template <typename Plan, std::size_t Stages, typename Source, typename Run>
struct RowStream {
    Source& source;  // of the input
    const Run& run;  // run(index of a stage, rows)
    std::array<std::size_t, Stages> done{};

    template <std::size_t K>
    constexpr void rows_before(std::size_t count) {
        if constexpr (K == 0) {
            source.rows_before(count);
        } else {
            using Stage = typename Plan::template Stage<K - 1>;
            for (std::size_t& row = done[K - 1]; row < count; ++row) {
                rows_before<K - 1>(rows_needed(Stage::Layer::window, row + 1, Stage::In::height));
                run(std::integral_constant<std::size_t, K - 1>{}, Range{row, row + 1});
            }
        }
    }
    /// Also the rows that no window has asked for.
    template <std::size_t... K>
    constexpr void complete(std::index_sequence<K...>) {
        (rows_before<K>(Plan::template Stage<K>::In::height), ...);
    }
};

/// Forward of a layer, by a crew or by its first member.
template <typename Layer, typename Stage, typename Crew>
[[gnu::always_inline]] constexpr void shared_forward(const typename Stage::T* parameters,
                                                     const typename Stage::V* input, typename Stage::V* output,
                                                     typename Stage::V* saved, typename Stage::V* scratch,
                                                     const Crew& crew) {
    if constexpr (shares<Layer, Crew>) {
        Layer::template forward<Stage>(parameters, input, output, saved, scratch, crew);
    } else if (crew.is_first()) {
        Layer::template forward<Stage>(parameters, input, output, saved, scratch);
    }
}
/// The same, not inlined, and without the network in its name: layers that repeat are compiled once.
template <typename Layer, typename Stage, typename Crew>
[[gnu::noinline]] constexpr void layer_forward(const typename Stage::T* parameters, const typename Stage::V* input,
                                               typename Stage::V* output, typename Stage::V* saved,
                                               typename Stage::V* scratch, const Crew& crew) {
    detail::shared_forward<Layer, Stage>(parameters, input, output, saved, scratch, crew);
}

/// Stage K forward. The batch tells a layer of what it needs in training.
template <typename Plan, std::size_t K, Number V, typename Workspace, typename Batch>
[[gnu::always_inline]] constexpr void run_stage(const scalar_t<V>* parameters, Workspace& workspace,
                                                const Batch& batch) {
    using Stage = typename Plan::template Stage<K>;
    using Layer = typename Stage::Layer;
    using Forward = typename Stage::template Forward<V>;
    V* output = workspace.buffer(K + 1);
    if constexpr (graph::is_join(Stage::kind)) {
        if (!batch.crew.is_first()) {
            return;
        }
        [&]<std::size_t... Input>(std::index_sequence<Input...>) {
            const std::array<const V*, Stage::inputs> inputs{workspace.buffer(Plan::input_of(K, Input))...};
            if constexpr (Stage::kind == LayerKind::concat) {
                (copy_branch<Plan, K, Input>(inputs[Input], output), ...);
            } else {
                using Join = std::conditional_t<Stage::kind == LayerKind::add, kernels::Sum, kernels::Product>;
                kernels::join_forward<Join, typename Stage::Function, typename Stage::Out>(
                    List<typename Plan::template InputOf<K, Input>...>{}, inputs, output);
            }
        }(std::make_index_sequence<Stage::inputs>{});
    } else {
        const V* input = workspace.buffer(Plan::input_of(K));
        const scalar_t<V>* own = parameters + Plan::template parameters_of<K, V>();
        if constexpr (Stage::kind == LayerKind::statistics && Batch::trains) {
            Layer::template forward_batch<Forward>(own, batch.statistics(K), input, output, batch.crew);
        } else if constexpr (Stage::kind == LayerKind::statistics) {
            Layer::template forward<Forward>(own, parameters + Plan::template buffers_of<K, V>(), input, output);
        } else if constexpr (Stage::kind == LayerKind::random && Batch::trains) {
            if (batch.crew.is_first()) {
                Layer::template forward_random<Forward>(batch.random(K), input, output, workspace.saved_by(K));
            }
        } else {
            V* scratch = run::scratch_of(batch, workspace.scratch.data());
            if constexpr (Plan::segment_count > 1) {
                detail::layer_forward<Layer, Forward>(own, input, output, workspace.saved_by(K), scratch, batch.crew);
            } else {
                detail::shared_forward<Layer, Forward>(own, input, output, workspace.saved_by(K), scratch, batch.crew);
            }
        }
    }
}

/// Forward through the stages of a segment that each tile takes alone, the first ones of the network, at most
/// `MostByRows`, row by row; begin(k) is called before stage k.
template <std::size_t MostByRows, typename Plan, Number V, std::size_t Segment = 0, typename Workspace, typename Source,
          typename Begin, typename Batch>
constexpr void run_forward(const scalar_t<V>* parameters, Workspace& workspace, Source& source, const Begin& begin,
                           const Batch& batch) {
    constexpr std::size_t streamed = Segment == 0 ? stages_by_rows<Plan, V, MostByRows>() : 0;
    const auto run_rows = [&](auto k, Range rows) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        const V* input = workspace.buffer(k);
        Stage::Layer::template forward_rows<typename Stage::template Forward<V>>(
            parameters + Plan::template parameters_of<decltype(k)::value, V>(), input, workspace.buffer(k + 1),
            workspace.saved_by(k), workspace.scratch.data(), rows);
    };
    RowStream<Plan, streamed, Source, decltype(run_rows)> stream{source, run_rows};
    const bool alone = batch.crew.size() == 1;
    if (Segment == 0 && (streamed == 0 || !alone)) {
        if (batch.crew.is_first()) {
            source.rows_before(Plan::InputLayout::height);
        }
        batch.crew.barrier();
    }
    constexpr std::size_t first = Batch::trains ? Plan::segment_begins[Segment] : 0;
    constexpr std::size_t last =
        std::min(Plan::together_from, Batch::trains ? Plan::segment_begins[Segment + 1] : Plan::stage_count);
    Plan::template for_each_stage<first, last>([&](auto k) {
        begin(k);
        if constexpr (k < streamed) {
            if (alone) {
                if constexpr (k + 1 == streamed) {
                    stream.template rows_before<streamed>(Plan::template Stage<decltype(k)::value>::Out::height);
                    stream.complete(std::make_index_sequence<streamed>{});
                }
                return;
            }
        }
        // Members of a crew go stage by stage.
        if constexpr (k >= streamed || has_crews<Plan, V>) {
            run_stage<Plan, decltype(k)::value, V>(parameters, workspace, batch);
            batch.crew.barrier();
        }
    });
}

/// Forward through the stages that tiles take together. buffer(tile, k) is buffer k of a tile, and scratch(tile) its
/// scratch memory. A crew takes one tile.
template <typename Plan, Number V, std::size_t Tiles, typename Buffer, typename Scratch>
constexpr void run_forward_together(const scalar_t<V>* parameters, const Buffer& buffer, const Scratch& scratch,
                                    const SharingFor<Plan, V>& sharing) {
    Plan::template for_each_stage<Plan::together_from, Plan::stage_count>([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        static_assert(
            Stage::In::border == Extent{0, 0} && Stage::Out::border == Extent{0, 0} && Stage::Layer::saved_size == 0,
            "what a layer with batched gradient wants of memory is its input, its output and scratch memory");
        std::array<const V*, Tiles> inputs{};
        std::array<V*, Tiles> outputs{};
        std::array<V*, Tiles> scratches{};
        for (std::size_t tile = 0; tile < Tiles; ++tile) {
            inputs[tile] = buffer(tile, k);
            outputs[tile] = buffer(tile, k + 1);
            scratches[tile] = run::scratch_of(sharing, scratch(tile));
        }
        Stage::Layer::template forward_tiles<typename Stage::template Forward<V>, Tiles>(
            parameters + Plan::template parameters_of<decltype(k)::value, V>(), inputs, outputs, scratches,
            sharing.crew);
        sharing.crew.barrier();
    });
}

/// One tile's part of an InferenceWorkspace, as run_forward wants it.
template <typename Workspace>
struct InferenceTile {
    Workspace& workspace;
    std::size_t tile;
    decltype(Workspace::scratch)& scratch = workspace.scratch;

    constexpr auto* buffer(std::size_t k) { return workspace.buffer(k, tile); }
    constexpr decltype(workspace.input()) saved_by(std::size_t) { return nullptr; }
};

}  // namespace detail

/// The first part of forward without a trace: what a tile does alone. The source brings the rows of the input to their
/// place when they are asked for; the border of the input is made here.
template <typename Plan, Number V, std::size_t Tiles, typename Source = InPlace>
constexpr void infer_alone(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Tiles>& workspace,
                           std::size_t tile = 0, Source source = {}) {
    detail::InferenceTile<InferenceWorkspace<Plan, V, Tiles>> own{workspace, tile};
    clear_border<typename Plan::InputLayout>(own.buffer(0));
    // Buffers share places, and the second stage may write over what the first one reads.
    detail::run_forward<1, Plan, V>(
        parameters, own, source,
        [&](auto k) {
            // The place has held other shapes before: the border that the next stage relies on is made anew.
            clear_border<typename Plan::template Stage<decltype(k)::value>::Out>(own.buffer(k + 1));
        },
        Inference<Plan, V>{});
}

/// The first part of forward through a segment, keeping what backward needs. The borders of all buffers are zero and
/// stay so.
template <typename Plan, std::size_t Segment = 0, Number V, typename Source, typename Batch>
constexpr void forward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source,
                             const Batch& batch) {
    detail::run_forward<Plan::stage_count, Plan, V, Segment>(parameters, workspace, source, [](auto) {}, batch);
}

/// The second part of forward, for `Tiles` tiles whose workspaces lie side by side: the stages that they take together.
template <typename Plan, Number V, std::size_t Tiles>
constexpr void forward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces,
                                const SharingFor<Plan, V>& sharing = {}) {
    detail::run_forward_together<Plan, V, Tiles>(
        parameters, [=](std::size_t tile, std::size_t k) { return workspaces[tile].buffer(k); },
        [=](std::size_t tile) { return workspaces[tile].scratch.data(); }, sharing);
}

/// The same for the first tiles of an InferenceWorkspace.
template <typename Plan, Number V, std::size_t Tiles, std::size_t Most>
constexpr void infer_together(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Most>& workspace) {
    detail::run_forward_together<Plan, V, Tiles>(
        parameters, [&](std::size_t tile, std::size_t k) { return workspace.buffer(k, tile); },
        [&](std::size_t tile) { return workspace.scratch.data() + tile * workspace.scratch_numbers; }, {});
}

/// Forward through all stages without a trace.
template <typename Plan, Number V, typename Source = InPlace>
constexpr void infer(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V>& workspace, Source source = {}) {
    run::infer_alone(parameters, workspace, 0, source);
    run::infer_together<Plan, V, 1>(parameters, workspace);
}

/// Forward of one image without a trace; returns where its outputs lie.
/// Layouts  image (C, H, W) without border
template <typename Plan, std::floating_point T>
constexpr const T* infer_image(const T* parameters, const T* image, InferenceWorkspace<Plan, T>& workspace) {
    using In = typename Plan::InputLayout;
    for (std::size_t c = 0; c < In::channels; ++c) {
        for (std::size_t h = 0; h < In::height; ++h) {
            for (std::size_t w = 0; w < In::width; ++w) {
                workspace.input()[In::offset(c, h, w)] = *image++;
            }
        }
    }
    infer(parameters, workspace);
    return workspace.output();
}

/// Forward through all stages, keeping all buffers, as inference does it.
template <typename Plan, Number V, typename Source = InPlace>
constexpr void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source = {}) {
    forward_alone<Plan>(parameters, workspace, source, Inference<Plan, V>{});
    forward_together<Plan, V, 1>(parameters, &workspace);
}

}  // namespace CTCNN_DETAIL::run

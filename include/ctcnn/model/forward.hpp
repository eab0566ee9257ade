// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>

namespace CTCNN_DETAIL::model {

/// InferenceWorkspace: the two buffers between which the data of one tile of images goes back and forth. Where several
/// tiles go together, they share these until then, one after the other, and then have two each.
template <typename Plan, Number V, std::size_t Tiles = 1>
struct InferenceWorkspace {
    static constexpr std::size_t together_numbers = Tiles == 1 ? 0 : Plan::together_slots[0] + Plan::together_slots[1];

    std::array<V, Plan::inference_numbers> numbers;
    [[no_unique_address]] std::array<V, Plan::template scratch_numbers<V>> scratch;
    [[no_unique_address]] std::array<V, Tiles * together_numbers> together;

    constexpr V* buffer(std::size_t k, std::size_t tile = 0) {
        if (Tiles == 1 || k < Plan::together_from) {
            return numbers.data() + Plan::slot_offset(k);
        }
        return together.data() + tile * together_numbers + (k % 2 == 0 ? 0 : Plan::together_slots[0]);
    }
    /// Where the input of the first stage lies, and the output of the last one.
    constexpr V* input(std::size_t tile = 0) { return buffer(0, tile); }
    constexpr const V* output(std::size_t tile = 0) { return buffer(Plan::stage_count, tile); }
};

/// TileWorkspace: all that training keeps of one tile of images.
template <typename Plan, Number V>
struct TileWorkspace {
    /// Buffer K holds the input of stage K on the way forward; on the way back its gradient takes its place.
    std::array<V, Plan::buffer_numbers> buffers{};
    std::array<V, Plan::saved_numbers> saved{};
    std::array<V, Plan::output_size> grad_output{};
    std::array<V, Plan::template scratch_numbers<V>> scratch{};

    constexpr V* buffer(std::size_t k) { return buffers.data() + Plan::buffer_offsets[k]; }
    constexpr V* saved_by(std::size_t stage) { return saved.data() + Plan::saved_offsets[stage]; }
    constexpr V* output() { return buffers.data() + Plan::buffer_offsets[Plan::stage_count]; }
};

/// The rows of the input lie in their buffer.
struct InPlace {
    constexpr void rows_before(std::size_t) {}
};

namespace detail {

/// How many of the first stages, at most `Most`, can work row by row: at most one of them with scratch memory, which it
/// may need from one row to the next.
template <typename Plan, Number V, std::size_t Most, std::size_t K = 0, std::size_t Scratch = 0>
consteval std::size_t stages_by_rows() {
    if constexpr (K < std::min(Most, Plan::stage_count)) {
        using Stage = typename Plan::template Stage<K>;
        constexpr std::size_t scratch = Stage::template scratch_numbers<V>;
        if constexpr (requires { Stage::Layer::template by_rows<typename Stage::In, typename Stage::Out, V>; }) {
            if constexpr (Stage::Layer::template by_rows<typename Stage::In, typename Stage::Out, V> &&
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

/// Forward through the stages that each tile takes alone, the first of them, at most `MostByRows`, row by row; begin(k)
/// is called before stage k.
template <std::size_t MostByRows, typename Plan, Number V, typename Workspace, typename Source, typename Begin>
constexpr void run_forward(const scalar_t<V>* parameters, Workspace& workspace, Source& source, const Begin& begin) {
    constexpr std::size_t streamed = stages_by_rows<Plan, V, MostByRows>();
    const auto run_rows = [&](auto k, Range rows) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        const V* input = workspace.buffer(k);
        Stage::Layer::template forward_rows<typename Stage::In, typename Stage::Out, typename Stage::Function>(
            parameters + Stage::parameter_offset, input, workspace.buffer(k + 1), workspace.saved_by(k),
            workspace.scratch.data(), rows);
    };
    RowStream<Plan, streamed, Source, decltype(run_rows)> stream{source, run_rows};
    if constexpr (streamed == 0) {
        source.rows_before(Plan::InputLayout::height);
    }
    Plan::for_each_stage([&](auto k) {
        using Stage = typename Plan::template Stage<decltype(k)::value>;
        if constexpr (k < Plan::together_from) {
            begin(k);
            if constexpr (k + 1 == streamed) {
                stream.template rows_before<streamed>(Stage::Out::height);
                stream.complete(std::make_index_sequence<streamed>{});
            } else if constexpr (k >= streamed) {
                const V* input = workspace.buffer(k);
                Stage::Layer::template forward<typename Stage::In, typename Stage::Out, typename Stage::Function>(
                    parameters + Stage::parameter_offset, input, workspace.buffer(k + 1), workspace.saved_by(k),
                    workspace.scratch.data());
            }
        }
    });
}

/// {f(0), ..., f(Tiles - 1)}.
template <std::size_t Tiles, typename F>
constexpr auto of_each(const F& f) {
    return [&]<std::size_t... Tile>(std::index_sequence<Tile...>) {
        return std::array{f(Tile)...};
    }(std::make_index_sequence<Tiles>{});
}

/// Forward through the stages that tiles take together. buffer(tile, k) is buffer k of a tile.
template <typename Plan, Number V, std::size_t Tiles, typename Buffer>
constexpr void run_forward_together(const scalar_t<V>* parameters, const Buffer& buffer) {
    Plan::for_each_stage([&](auto k) {
        if constexpr (k >= Plan::together_from) {
            using Stage = typename Plan::template Stage<decltype(k)::value>;
            static_assert(Stage::In::border == Extent{0, 0} && Stage::Out::border == Extent{0, 0} &&
                              Stage::Layer::saved_size == 0 && Stage::template scratch_numbers<V> == 0,
                          "what a layer with batched gradient wants of memory is its input and its output alone");
            Stage::Layer::template forward_tiles<typename Stage::Function, V, Tiles>(
                parameters + Stage::parameter_offset,
                of_each<Tiles>([&](std::size_t tile) -> const V* { return buffer(tile, k); }),
                of_each<Tiles>([&](std::size_t tile) -> V* { return buffer(tile, k + 1); }));
        }
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
    // The buffers share two places, so that the second stage writes over what the first one reads.
    detail::run_forward<1, Plan, V>(parameters, own, source, [&](auto k) {
        // The place has held other shapes before: the border that the next stage relies on is made anew.
        clear_border<typename Plan::template Stage<decltype(k)::value>::Out>(own.buffer(k + 1));
    });
}

/// The first part of forward, keeping what backward needs. The borders of all buffers are zero and stay so.
template <typename Plan, Number V, typename Source = InPlace>
constexpr void forward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source = {}) {
    detail::run_forward<Plan::stage_count, Plan, V>(parameters, workspace, source, [](auto) {});
}

/// The second part of forward, for `Tiles` tiles whose workspaces lie side by side: the stages that they take together.
template <typename Plan, Number V, std::size_t Tiles>
constexpr void forward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces) {
    detail::run_forward_together<Plan, V, Tiles>(
        parameters, [=](std::size_t tile, std::size_t k) { return workspaces[tile].buffer(k); });
}

/// The same for the first tiles of an InferenceWorkspace.
template <typename Plan, Number V, std::size_t Tiles, std::size_t Most>
constexpr void infer_together(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Most>& workspace) {
    detail::run_forward_together<Plan, V, Tiles>(
        parameters, [&](std::size_t tile, std::size_t k) { return workspace.buffer(k, tile); });
}

/// Forward through all stages without a trace.
template <typename Plan, Number V, typename Source = InPlace>
constexpr void infer(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V>& workspace, Source source = {}) {
    infer_alone(parameters, workspace, 0, source);
    infer_together<Plan, V, 1>(parameters, workspace);
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

/// Forward through all stages, keeping what backward needs.
template <typename Plan, Number V, typename Source = InPlace>
constexpr void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source = {}) {
    forward_alone(parameters, workspace, source);
    forward_together<Plan, V, 1>(parameters, &workspace);
}

}  // namespace CTCNN_DETAIL::model

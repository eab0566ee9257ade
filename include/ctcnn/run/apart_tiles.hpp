// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/backward.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/rows.hpp>
#include <ctcnn/run/sharing.hpp>

// As run/apart.hpp, for tiles of images.
namespace CTCNN_DETAIL::run {

namespace apart {

template <typename Plan, Number V, std::size_t Tiles>
void infer_alone(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Tiles>& workspace, std::size_t tile,
                 const std::array<const scalar_t<V>*, lane_count<V>>& images);
template <typename Plan, Number V, std::size_t Tiles, std::size_t Most>
void infer_together(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Most>& workspace);
template <typename Plan, Number V>
void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace,
             const std::array<const scalar_t<V>*, lane_count<V>>& images);
template <typename Plan, std::size_t Segment, Number V, typename Source, typename Batch>
void forward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source, const Batch& batch);
template <typename Plan, Number V, std::size_t Tiles>
void forward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces,
                      const SharingFor<Plan, V>& sharing);
template <typename Plan, Number V, std::size_t Tiles>
void backward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces, std::size_t first,
                       Rows<Plan, V>& rows, const SharingFor<Plan, V>& sharing);
template <typename Plan, std::size_t Segment, Number V, typename Batch>
void backward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, std::size_t tile, bool add,
                    scalar_t<V>* gradients, Rows<Plan, V>& rows, const Batch& batch);
template <typename Plan, std::size_t K, Number V>
void tile_statistics(const V* input, const V& present, std::size_t images, scalar_t<V>* sums,
                     const CrewFor<Plan, V>& crew);
template <typename Plan, std::size_t K, Number V>
void tile_gradients(const scalar_t<V>* statistics, const V* input, const V* grad_output, scalar_t<V>* sums,
                    const CrewFor<Plan, V>& crew);

}  // namespace apart

/// The functions of run/forward.hpp and run/backward.hpp, wherever they are compiled.
namespace placed {

template <typename Plan, Number V, std::size_t Tiles>
[[gnu::always_inline]] constexpr void infer_alone(const scalar_t<V>* parameters,
                                                  InferenceWorkspace<Plan, V, Tiles>& workspace, std::size_t tile,
                                                  const std::array<const scalar_t<V>*, lane_count<V>>& images) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::infer_alone<Plan>(parameters, workspace, tile, images);
    } else {
        run::infer_alone<Plan>(parameters, workspace, tile,
                               Gathering<typename Plan::InputLayout, V>(images, workspace.input(tile)));
    }
}

template <typename Plan, Number V, std::size_t Tiles, std::size_t Most>
[[gnu::always_inline]] constexpr void infer_together(const scalar_t<V>* parameters,
                                                     InferenceWorkspace<Plan, V, Most>& workspace) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::infer_together<Plan, V, Tiles>(parameters, workspace);
    } else {
        run::infer_together<Plan, V, Tiles>(parameters, workspace);
    }
}

template <typename Plan, Number V>
[[gnu::always_inline]] constexpr void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace,
                                              const std::array<const scalar_t<V>*, lane_count<V>>& images) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::forward<Plan>(parameters, workspace, images);
    } else {
        run::forward<Plan>(parameters, workspace,
                           Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)));
    }
}

template <typename Plan, std::size_t Segment, Number V, typename Source, typename Batch>
[[gnu::always_inline]] constexpr void forward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace,
                                                    Source source, const Batch& batch) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::forward_alone<Plan, Segment>(parameters, workspace, source, batch);
    } else {
        run::forward_alone<Plan, Segment>(parameters, workspace, source, batch);
    }
}

template <typename Plan, Number V, std::size_t Tiles>
[[gnu::always_inline]] constexpr void forward_together(const scalar_t<V>* parameters,
                                                       TileWorkspace<Plan, V>* workspaces,
                                                       const SharingFor<Plan, V>& sharing = {}) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::forward_together<Plan, V, Tiles>(parameters, workspaces, sharing);
    } else {
        run::forward_together<Plan, V, Tiles>(parameters, workspaces, sharing);
    }
}

template <typename Plan, Number V, std::size_t Tiles>
[[gnu::always_inline]] constexpr void backward_together(const scalar_t<V>* parameters,
                                                        TileWorkspace<Plan, V>* workspaces, std::size_t first,
                                                        Rows<Plan, V>& rows, const SharingFor<Plan, V>& sharing = {}) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::backward_together<Plan, V, Tiles>(parameters, workspaces, first, rows, sharing);
    } else {
        run::backward_together<Plan, V, Tiles>(parameters, workspaces, first, rows, sharing);
    }
}

template <typename Plan, std::size_t Segment, Number V, typename Batch>
[[gnu::always_inline]] constexpr void backward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace,
                                                     std::size_t tile, bool add, scalar_t<V>* gradients,
                                                     Rows<Plan, V>& rows, const Batch& batch) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::backward_alone<Plan, Segment>(parameters, workspace, tile, add, gradients, rows, batch);
    } else {
        run::backward_alone<Plan, Segment>(parameters, workspace, tile, add, gradients, rows, batch);
    }
}

/// What a tile tells of stage K, which has statistics of the batch: forward and backward.
template <typename Plan, std::size_t K, Number V>
[[gnu::always_inline]] constexpr void tile_statistics(const V* input, const V& present, std::size_t images,
                                                      scalar_t<V>* sums, const CrewFor<Plan, V>& crew) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::tile_statistics<Plan, K>(input, present, images, sums, crew);
    } else {
        using Stage = typename Plan::template Stage<K>;
        Stage::Layer::template tile_statistics<typename Stage::template Forward<V>>(input, present, images, sums, crew);
    }
}
template <typename Plan, std::size_t K, Number V>
[[gnu::always_inline]] constexpr void tile_gradients(const scalar_t<V>* statistics, const V* input,
                                                     const V* grad_output, scalar_t<V>* sums,
                                                     const CrewFor<Plan, V>& crew) {
    if constexpr (is_lanes<V> && is_apart<Plan, scalar_t<V>>) {
        apart::tile_gradients<Plan, K>(statistics, input, grad_output, sums, crew);
    } else {
        using Stage = typename Plan::template Stage<K>;
        Stage::Layer::template tile_gradients<typename Stage::template Forward<V>>(statistics, input, grad_output, sums,
                                                                                   crew);
    }
}

}  // namespace placed

}  // namespace CTCNN_DETAIL::run

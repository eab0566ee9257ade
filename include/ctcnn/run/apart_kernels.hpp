// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/run/apart.hpp>
#include <ctcnn/run/apart_tiles.hpp>
#include <ctcnn/run/backward.hpp>
#include <ctcnn/run/forward.hpp>
#include <ctcnn/run/gather.hpp>
#include <ctcnn/run/prepared.hpp>
#include <ctcnn/run/rows.hpp>
#include <ctcnn/run/sharing.hpp>

// What run/apart.hpp declares. Included where a network is compiled, and nowhere else.
namespace CTCNN_DETAIL::run::apart {

template <typename Plan, typename T>
const T* infer_image(const T* parameters, const T* image, InferenceWorkspace<Plan, T>& workspace) {
    return run::infer_image<Plan>(parameters, image, workspace);
}

template <typename Plan, Number V, std::size_t Tiles>
void infer_alone(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Tiles>& workspace, std::size_t tile,
                 const std::array<const scalar_t<V>*, lane_count<V>>& images) {
    run::infer_alone<Plan>(parameters, workspace, tile,
                           Gathering<typename Plan::InputLayout, V>(images, workspace.input(tile)));
}

template <typename Plan, Number V, std::size_t Tiles, std::size_t Most>
void infer_together(const scalar_t<V>* parameters, InferenceWorkspace<Plan, V, Most>& workspace) {
    run::infer_together<Plan, V, Tiles>(parameters, workspace);
}

template <typename Plan, Number V>
void forward(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace,
             const std::array<const scalar_t<V>*, lane_count<V>>& images) {
    run::forward<Plan>(parameters, workspace, Gathering<typename Plan::InputLayout, V>(images, workspace.buffer(0)));
}

template <typename Plan, std::size_t Segment, Number V, typename Source, typename Batch>
void forward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, Source source,
                   const Batch& batch) {
    run::forward_alone<Plan, Segment>(parameters, workspace, source, batch);
}

template <typename Plan, Number V, std::size_t Tiles>
void forward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces,
                      const SharingFor<Plan, V>& sharing) {
    run::forward_together<Plan, V, Tiles>(parameters, workspaces, sharing);
}

template <typename Plan, Number V, std::size_t Tiles>
void backward_together(const scalar_t<V>* parameters, TileWorkspace<Plan, V>* workspaces, std::size_t first,
                       Rows<Plan, V>& rows, const SharingFor<Plan, V>& sharing) {
    run::backward_together<Plan, V, Tiles>(parameters, workspaces, first, rows, sharing);
}

template <typename Plan, std::size_t Segment, Number V, typename Batch>
void backward_alone(const scalar_t<V>* parameters, TileWorkspace<Plan, V>& workspace, std::size_t tile, bool add,
                    scalar_t<V>* gradients, Rows<Plan, V>& rows, const Batch& batch) {
    run::backward_alone<Plan, Segment>(parameters, workspace, tile, add, gradients, rows, batch);
}

template <typename Plan, std::size_t K, Number V>
void tile_statistics(const V* input, const V& present, std::size_t images, scalar_t<V>* sums,
                     const CrewFor<Plan, V>& crew) {
    using Stage = typename Plan::template Stage<K>;
    Stage::Layer::template tile_statistics<typename Stage::template Forward<V>>(input, present, images, sums, crew);
}

template <typename Plan, std::size_t K, Number V>
void tile_gradients(const scalar_t<V>* statistics, const V* input, const V* grad_output, scalar_t<V>* sums,
                    const CrewFor<Plan, V>& crew) {
    using Stage = typename Plan::template Stage<K>;
    Stage::Layer::template tile_gradients<typename Stage::template Forward<V>>(statistics, input, grad_output, sums,
                                                                               crew);
}

template <typename Plan>
void pack(const typename Plan::scalar* parameters, const typename Plan::scalar* statistics,
          PackedWeights<Plan>& packed) {
    run::pack<Plan>(parameters, statistics, packed);
}

template <typename Plan, typename Team>
const typename Plan::scalar* infer_prepared(const PackedWeights<Plan>& packed, const typename Plan::scalar* image,
                                            const PreparedValues<Plan>& values, Team& team) {
    return run::infer_prepared<Plan>(packed, image, values, team);
}

}  // namespace CTCNN_DETAIL::run::apart

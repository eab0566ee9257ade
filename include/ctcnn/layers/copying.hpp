// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/prepared.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/prepared/join.hpp>
#include <ctcnn/layers/bound_layer.hpp>

namespace CTCNN_DETAIL {

/// CopyingLayer: what a layer without arithmetic of its own does when no layer before it can do it in passing: it
/// copies, and applies an elementwise function on the way.
template <typename L, typename S, typename Result = S>
struct CopyingLayer : BoundLayer<L, S> {
    using output_shape = Result;

    template <typename Stage>
    static constexpr void forward(const typename Stage::T*, const typename Stage::V* input, typename Stage::V* output,
                                  typename Stage::V*, typename Stage::V*) {
        kernels::map_forward<Stage>(input, output);
    }
    template <typename Stage>
    static constexpr void backward_input(const typename Stage::T*, typename Stage::V* grad_input,
                                         const typename Stage::V* grad_output, const typename Stage::V*,
                                         typename Stage::V*) {
        kernels::map_backward<Stage>(grad_input, grad_output);
    }

    template <std::size_t Count>
    static constexpr PreparedFacts prepared{.offered = std::is_same_v<S, Result>, .follows = true};
    template <typename Stage, Pooling>
    using Prepared = kernels::prepared::Map<Stage>;
};

}  // namespace CTCNN_DETAIL

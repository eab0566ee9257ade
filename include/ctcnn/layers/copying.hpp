// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/activation.hpp>

namespace CTCNN_DETAIL {

/// CopyingLayer: what a layer without arithmetic of its own does when no layer before it can do it in passing: it
/// copies, and applies an elementwise function on the way.
template <typename S, typename Result>
struct CopyingLayer {
    using input_shape = S;
    using output_shape = Result;
    using weight_shape = NoParameter;
    using bias_shape = NoParameter;
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;

    template <typename InLayout, typename OutLayout, typename Activation, Number V>
    static constexpr void forward(const scalar_t<V>*, const V* input, V* output, V*, V*) {
        kernels::map_forward<Activation, InLayout, OutLayout>(input, output);
    }
    template <typename InLayout, typename OutLayout, typename Before, Number V>
    static constexpr void backward_input(const scalar_t<V>*, V* grad_input, const V* grad_output, const V*, V*) {
        kernels::map_backward<Before, InLayout, OutLayout>(grad_input, grad_output);
    }
};

}  // namespace CTCNN_DETAIL

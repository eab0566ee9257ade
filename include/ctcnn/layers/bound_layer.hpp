// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// BoundLayer: what most layers say of themselves on images of shape S; L is the layer as it is spelled. A layer of
/// which something else is true declares it.
template <typename L, typename S>
struct BoundLayer {
    static constexpr LayerKind kind = LayerKind::compute;
    using layer = L;
    using input_shape = S;
    using output_shape = S;
    using weight_shape = NoParameter;
    using bias_shape = NoParameter;
    static constexpr std::uint64_t multiply_adds = 0;
    static constexpr Extent input_border{0, 0};
    static constexpr std::size_t saved_size = 0;
    static constexpr bool batched_gradient = false;
};

/// The weight among the parameters of a layer, or among their gradients; nullptr where it has none.
template <typename Weight, typename T>
constexpr auto weight_in([[maybe_unused]] T* parameters) {
    if constexpr (Weight::size != 0) {
        return parameters;
    } else {
        return nullptr;
    }
}

/// The bias, which lies behind the weight.
template <typename Weight, typename Bias, typename T>
constexpr auto bias_in([[maybe_unused]] T* parameters) {
    if constexpr (Bias::size != 0) {
        return parameters + Weight::size;
    } else {
        return nullptr;
    }
}

}  // namespace CTCNN_DETAIL

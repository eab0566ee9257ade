// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// LayerTensor: a tensor as its layer declares it. A layer that is bound to its shape has weight and bias by its
/// weight_shape and bias_shape. One that has others declares `static constexpr std::array<LayerTensor, N> tensors`, in
/// the order in which they lie in its parameters. What is not learned is declared in the same way as `buffers`.
struct LayerTensor {
    std::string_view name;
    Indices shape;

    constexpr std::size_t count() const {
        std::size_t product = 1;
        for (const std::size_t dim : shape) {
            product *= dim;
        }
        return product;
    }
};

/// The sizes of a shape once more: S::dims would be a symbol that does not name the target.
template <typename S>
inline constexpr auto dims_of = S::dims;

}  // namespace CTCNN_DETAIL

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
/// With fan_in and fan_out it begins as the initializer draws a weight; with fan_in alone uniform in +-1/sqrt(fan_in),
/// as a bias; without both as `initial`.
struct LayerTensor {
    std::string_view name;
    Indices shape;
    std::size_t fan_in = 0;
    std::size_t fan_out = 0;
    double initial = 0;

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

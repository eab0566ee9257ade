// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <ctcnn/core/indices.hpp>
#include <ctcnn/core/narrowed.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/io/safetensors_header.hpp>

namespace CTCNN_DETAIL::io {

/// WeightOrder: where the elements of a weight (Out, In, Kh, Kw), (Out, In, K) or (Out, In) lie that is stored as
/// (Kh, Kw, In, Out), (K, In, Out) or (In, Out). A depthwise weight (C*M, 1, Kh, Kw) may also be stored as
/// (Kh, Kw, C, M), which is the same order.
struct WeightOrder {
    std::size_t out = 1;
    std::size_t in = 1;
    std::size_t pixels = 1;

    explicit constexpr WeightOrder(std::span<const std::size_t> shape) {
        out = shape[0];
        in = shape[1];
        for (const std::size_t size : shape.subspan(2)) {
            pixels *= size;
        }
    }

    /// Three axes are a weight of Conv1d, which initializers draw, or what normalises images.
    static constexpr bool applies_to(std::span<const std::size_t> shape, bool is_drawn) {
        return shape.size() == 2 || shape.size() == 4 || (shape.size() == 3 && is_drawn);
    }

    /// The place in the file of the element that lies at a place in the network.
    constexpr std::size_t in_file(std::size_t place) const {
        const std::size_t pixel = place % pixels;
        const std::size_t channel = place / pixels;
        return (pixel * in + channel % in) * out + channel / in;
    }
};

/// Whether a file's shape is the given one.
template <typename Dims>
bool is_shape_of(std::string_view shape, const Dims& dims) {
    std::size_t rank = 0;
    bool same = true;
    for_each_dim(shape, [&](std::uint64_t dim) {
        same = same && rank < dims.size() && dims[rank] == dim;
        ++rank;
    });
    return same && rank == dims.size();
}

/// The same for a weight that is stored as Keras does.
template <typename Dims>
bool is_keras_shape_of(std::string_view shape, const Dims& dims) {
    std::array<std::size_t, 4> stored{};
    const std::size_t pixel_axes = dims.size() - 2;
    std::copy(dims.begin() + 2, dims.end(), stored.begin());
    stored[pixel_axes] = dims[1];
    stored[pixel_axes + 1] = dims[0];
    const Indices of_shape(stored.data(), dims.size());
    if (is_shape_of(shape, of_shape)) {
        return true;
    }
    // Depthwise: any multiplier.
    std::size_t channels = 0;
    std::size_t rank = 0;
    for_each_dim(shape,
                 [&](std::uint64_t dim) { channels = rank++ == pixel_axes ? narrowed<std::size_t>(dim) : channels; });
    if (pixel_axes == 0 || dims[1] != 1 || channels == 0 || dims[0] % channels != 0) {
        return false;
    }
    stored[pixel_axes] = channels;
    stored[pixel_axes + 1] = dims[0] / channels;
    return is_shape_of(shape, of_shape);
}

}  // namespace CTCNN_DETAIL::io

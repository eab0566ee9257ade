// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

#include <ctcnn/core/saturating.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {
/// False for the shapes of a network that is refused: what is asserted of them is left to its error.
template <typename S>
inline constexpr bool is_known_shape = true;
}  // namespace CTCNN_DETAIL

namespace ctcnn {

/// Shape: the sizes of a tensor's axes, as a type. An image is Shape<C, H, W>, a feature vector Shape<F>.
/// Axes are ordered from the slowest to the fastest in memory (row-major), as in PyTorch.
template <std::size_t... Dims>
struct Shape {
    static constexpr std::size_t rank = sizeof...(Dims);
    /// The number of elements. One that cannot be counted is the largest std::size_t, and no tensor has so many.
    static constexpr std::size_t size = detail_::saturating_product<std::size_t>({Dims...});
    static constexpr std::array<std::size_t, rank> dims{Dims...};

    /// The size of one axis: Shape<6, 1, 5, 5>::dim(0) is 6.
    static constexpr std::size_t dim(std::size_t axis) { return dims[axis]; }

    /// The size of the longest axis.
    static constexpr std::size_t largest_dim() {
        std::size_t largest = 0;
        ((largest = largest < Dims ? Dims : largest), ...);
        return largest;
    }

    /// The offset of an element in row-major order: Shape<2, 3>::offset(1, 2) is 5.
    template <typename... Index>
        requires(sizeof...(Index) == rank)
    static constexpr std::size_t offset(Index... index) {
        std::size_t result = 0;
        ((result = result * Dims + static_cast<std::size_t>(index)), ...);
        return result;
    }

    /// Whether the index lies inside: Shape<2, 3>::contains(1, 3) is false.
    template <typename... Index>
        requires(sizeof...(Index) == rank)
    static constexpr bool contains(Index... index) {
        return (true && ... && (static_cast<std::size_t>(index) < Dims));
    }
};

/// Shapes are compared as values; shapes of different rank may be compared and differ.
template <std::size_t... Left, std::size_t... Right>
constexpr bool operator==(Shape<Left...>, Shape<Right...>) {
    if constexpr (sizeof...(Left) == sizeof...(Right)) {
        return (true && ... && (Left == Right));
    } else {
        return false;
    }
}

template <typename T>
inline constexpr bool is_shape = false;
template <std::size_t... Dims>
inline constexpr bool is_shape<Shape<Dims...>> = true;

/// Input: the first argument of a closed network; the shape of one image, without the batch axis.
template <std::size_t... Dims>
struct Input {
    using shape = Shape<Dims...>;
};

template <typename T>
inline constexpr bool is_input = false;
template <std::size_t... Dims>
inline constexpr bool is_input<Input<Dims...>> = true;

}  // namespace ctcnn

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/processor.hpp>
#include <ctcnn/core/target.hpp>

namespace CTCNN_DETAIL {

/// The first `Count` integers, one in each lane.
template <typename V>
[[gnu::always_inline]] inline V lane_numbers() {
    V result{};
    for (std::size_t lane = 0; lane < V::count; ++lane) {
        result.vector[lane] = static_cast<typename V::scalar>(lane);
    }
    return result;
}

/// The elements at some indices.
template <typename V>
[[gnu::always_inline]] inline V load_at(const typename V::scalar* elements, typename V::IntegerVector indices) {
    V result;
    processor::gather(result.vector, elements, indices);
    return result;
}

/// Sampling: images at other places, between four pixels each. What lies outside the image is `fill`.
/// As in    torch.nn.functional.grid_sample(mode="bilinear", padding_mode="zeros", align_corners=False)
template <typename S, typename T>
struct Sampling {
    static_assert(S::rank == 3, "images of Shape<C, H, W> can be sampled");
    using V = Lanes<T>;
    static constexpr std::size_t channels = S::dims[0];
    static constexpr std::size_t height = S::dims[1];
    static constexpr std::size_t width = S::dims[2];
    /// The image with a border: a row above it, two below, and a column that is at the end of a row and before the next
    /// one.
    static constexpr std::size_t row = width + 1;
    static constexpr std::size_t plane = (height + 3) * row + 2;
    static constexpr std::size_t scratch_size = channels * plane;

    /// at(first, w, h) are the coordinates, x and y, from which the pixels come whose columns and rows are w and h: the
    /// pixels `first`, first + 1, ... of a channel. They are finite.
    template <typename Coordinates>
    static void apply(const T* image, T* result, T fill, T* scratch, const Coordinates& at) {
        for (std::size_t c = 0; c < channels; ++c) {
            T* const bordered = scratch + c * plane;
            std::fill_n(bordered, row + 1, fill);
            for (std::size_t h = 0; h < height; ++h) {
                T* const target = bordered + (h + 1) * row + 1;
                std::copy_n(image + (c * height + h) * width, width, target);
                target[width] = fill;
            }
            std::fill_n(bordered + (height + 1) * row + 1, 2 * row + 1, fill);
        }
        const V one = broadcast<V>(1);
        const V columns = broadcast<V>(static_cast<T>(width));
        V w = lane_numbers<V>();
        V h{};
        for (std::size_t first = 0; first < height * width; first += V::count) {
            for (std::size_t n = 0; n < (V::count + width - 1) / width; ++n) {
                const auto past = w.vector >= columns.vector;
                w = {past ? (w - columns).vector : w.vector};
                h = {past ? (h + one).vector : h.vector};
            }
            const std::array<V, 2> place = at(first, w, h);
            w = w + broadcast<V>(static_cast<T>(V::count));
            // Further out, nothing changes. The border begins at -1.
            const V x = at_most(at_least(place[0] + one, V{}), broadcast<V>(static_cast<T>(width + 1)));
            const V y = at_most(at_least(place[1] + one, V{}), broadcast<V>(static_cast<T>(height + 1)));
            using Integers = typename V::IntegerVector;
            const Integers left = __builtin_convertvector(x.vector, Integers);
            const Integers top = __builtin_convertvector(y.vector, Integers);
            const V right_part = x - V{__builtin_convertvector(left, typename V::Vector)};
            const V lower_part = y - V{__builtin_convertvector(top, typename V::Vector)};
            const Integers index = top * static_cast<typename V::Integer>(row) + left;
            for (std::size_t c = 0; c < channels; ++c) {
                const T* const bordered = scratch + c * plane;
                const V a = load_at<V>(bordered, index);
                const V b = load_at<V>(bordered + 1, index);
                const V above = multiply_add(b - a, right_part, a);
                const V d = load_at<V>(bordered + row, index);
                const V e = load_at<V>(bordered + row + 1, index);
                const V below = multiply_add(e - d, right_part, d);
                const V value = multiply_add(below - above, lower_part, above);
                T* const target = result + c * height * width + first;
                if (first + V::count <= height * width) {
                    value.store(target);
                } else {
                    std::memcpy(target, &value.vector, (height * width - first) * sizeof(T));
                }
            }
        }
    }
};

}  // namespace CTCNN_DETAIL

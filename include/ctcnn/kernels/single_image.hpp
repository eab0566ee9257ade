// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Forward of one image with all lanes at work on it: along the outputs of a pooling, along the inputs of a Linear; the
// convolutions are in conv2d/single_image.hpp.
// At run time only; a constant expression takes the kernels that compute number by number.
namespace CTCNN_DETAIL::kernels {

/// The vector that fits into `width` numbers side by side: the widest one, or half of it, ...; 1 means none.
template <typename T>
constexpr std::size_t lanes_within(std::size_t width) {
    std::size_t lanes = has_vectors ? vector_bytes / sizeof(T) : 1;
    while (lanes > 2 && lanes > width) {
        lanes /= 2;
    }
    return lanes <= width ? lanes : 1;
}

/// Applies an elementwise function to numbers in a row, in place.
template <typename Function, typename T>
[[gnu::noinline]] void map_wide(T* row, std::size_t count) {
    using V = Lanes<T>;
    std::size_t i = 0;
    for (; i + V::count <= count; i += V::count) {
        Function::forward(V::load(row + i)).store(row + i);
    }
    if (i < count) {
        T rest[V::count]{};
        std::copy(row + i, row + count, rest);
        Function::forward(V::load(rest)).store(rest);
        std::copy(rest, rest + (count - i), row + i);
    }
}

/// Whether pool_pairs can pool one image: windows two columns wide, side by side, without padding.
template <Window W, typename Out, typename T>
inline constexpr bool pools_pairs =
    std::floating_point<T> && W.kernel.width == 2 && W.kernel.height <= 8 && W.stride.width == 2 &&
    W.padding == Extent{0, 0} && !W.ceil && lanes_within<T>(Out::width) > 1;

/// Pools one image with all lanes at work on neighbouring outputs: combine(a, b) joins the numbers of a window, finish
/// the result. Where the width is no multiple of the lanes, the last vector of a row begins earlier.
template <Window W, typename In, typename Out, typename T, typename Combine, typename Finish>
void pool_pairs(const T* input, T* output, const Combine& combine, const Finish& finish) {
    using V = Lanes<T, lanes_within<T>(Out::width)>;
    for (std::size_t c = 0; c < Out::channels; ++c) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            for (std::size_t begin = 0; begin < Out::width; begin += V::count) {
                const std::size_t w = std::min(begin, Out::width - V::count);
                const T* pixel = input + In::offset(c, h * W.stride.height, 2 * w);
                V columns[2];
                load_columns<2>(pixel, columns);
                V result = combine(columns[0], columns[1]);
                for (std::size_t kh = 1; kh < W.kernel.height; ++kh) {
                    load_columns<2>(pixel + kh * In::row, columns);
                    result = combine(combine(result, columns[0]), columns[1]);
                }
                finish(result).store(output + Out::offset(c, h, w));
            }
        }
    }
}

/// linear_forward of one image without its elementwise function: each output is a product of two rows of numbers. Where
/// the vectors of all rows of weights can be aligned, they are; what lies before the first of them and behind the last
/// one is multiplied by the inputs there and by zeros (so an infinite weight there makes NaN).
template <std::size_t Inputs, std::size_t Outputs, typename T, typename Bias>
void linear_forward_wide(const T* input, const T* weight, Bias bias, T* output) {
    using V = Lanes<T, lanes_within<T>(Inputs)>;
    std::size_t head = 0;
    if constexpr (Inputs * sizeof(T) % sizeof(V) == 0) {
        head = (sizeof(V) - reinterpret_cast<std::uintptr_t>(weight) % sizeof(V)) % sizeof(V) / sizeof(T);
    }
    const std::size_t vectors = (Inputs - head) / V::count;
    const std::size_t tail = (Inputs - head) % V::count;
    T first[V::count]{};
    std::copy_n(input, head, first);
    T last[V::count]{};
    std::copy_n(input + (Inputs - tail), tail, last + (V::count - tail));

    for_each_piece<Outputs, V::count>([&](std::size_t o, auto rows) {
        constexpr std::size_t M = decltype(rows)::value;
        std::array<V, V::count> sum{};
        const auto add = [&](const T* factor, const T* inputs) __attribute__((always_inline)) {
            const V value = V::load(inputs);
            unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                sum[m] = multiply_add(V::load(factor + m * Inputs), value, sum[m]);
            });
        };
        const T* factor = weight + o * Inputs;
        if (head != 0) {
            add(factor, first);
        }
        for (std::size_t i = 0; i < vectors; ++i) {
            add(factor + head + i * V::count, input + head + i * V::count);
        }
        if (tail != 0) {
            add(factor + (Inputs - V::count), last);
        }
        T totals[V::count];
        sums_of_lanes<V::count>(sum.data()).store(totals);
        for (std::size_t m = 0; m < M; ++m) {
            output[o + m] = with_bias<Bias>(totals[m], bias_of<T>(bias, o + m));
        }
    });
}

}  // namespace CTCNN_DETAIL::kernels

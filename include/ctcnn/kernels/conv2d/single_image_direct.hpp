// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/single_image.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Forward of one image with all lanes at work on it, along the columns of the output or along its channels.
namespace CTCNN_DETAIL::kernels::conv2d {

/// Whether forward_wide can compute a convolution: neighbouring outputs read neighbouring inputs.
template <Conv2dGeometry G, typename Out, typename T>
inline constexpr bool has_wide_columns = G.window.stride.width == 1 && lanes_within<T>(Out::width) > 1;

/// conv2d_forward of one image without its elementwise function, the lanes along the columns. Where the width is no
/// multiple of the lanes, the last vector of a row begins earlier, and some columns are computed twice.
template <Conv2dGeometry G, typename In, typename Out, typename T, typename Bias>
void forward_wide(const T* input, const T* weight, Bias bias, T* output) {
    using V = Lanes<T, lanes_within<T>(Out::width)>;
    constexpr std::size_t vectors = (Out::width + V::count - 1) / V::count;
    constexpr RegisterTile tile = choose_tile(G.group_outputs(), vectors);
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    constexpr std::size_t next = G.group_inputs() * G.taps();
    const auto column = [](std::size_t vector) __attribute__((always_inline)) {
        return std::min(vector * V::count, Out::width - V::count);
    };
    for (std::size_t group = 0; group < G.groups; ++group) {
        const T* group_input = input + corner + group * G.group_inputs() * In::plane;
        for (std::size_t h = 0; h < Out::height; ++h) {
            for_each_piece<G.group_outputs(), tile.rows>([&](std::size_t first, auto rows) {
                const std::size_t o = group * G.group_outputs() + first;
                for_each_piece<vectors, tile.columns>([&](std::size_t vector, auto columns) {
                    constexpr std::size_t M = decltype(rows)::value;
                    constexpr std::size_t N = decltype(columns)::value;
                    V sum[M * N];
                    clear_tile(sum, indices<M * N>);
                    const T* pixel = group_input + h * G.window.stride.height * In::row;
                    const T* tap = weight + G.weight(o, 0, 0, 0);
                    for (std::size_t i = 0; i < G.group_inputs(); ++i) {
                        for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
#pragma GCC unroll 1
                            for (std::size_t kw = 0; kw < G.window.kernel.width; ++kw) {
                                const T* x =
                                    forget_origin(pixel + i * In::plane + kh * G.window.dilation.height * In::row +
                                                  kw * G.window.dilation.width);
                                add_outer_product<M, N>(
                                    sum,
                                    [&](std::size_t m)
                                        __attribute__((always_inline)) { return V::broadcast(tap[m * next]); },
                                    [&](std::size_t n)
                                        __attribute__((always_inline)) { return V::load(x + column(vector + n)); });
                                ++tap;
                            }
                        }
                    }
                    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                        const V end = bias_of<V>(bias, o + m);
                        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                            with_bias<Bias>(sum[m * N + n], end)
                                .store(output + Out::offset(o + m, h, column(vector + n)));
                        });
                    });
                });
            });
        }
    }
}

/// No kernel of one image puts more on the stack, in arrays; what registers spill comes on top.
inline constexpr std::size_t largest_stack_bytes = 48 * 1024;

/// How forward_wide_channels goes over its output. The weights of a row of the kernel are held in registers, and
/// the sums of as many pixels as find room beside them: equal portions of a row, and if that is a whole row, of several
/// rows.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, typename T>
struct WideChannelsTile {
    static constexpr std::size_t kernel = G.window.kernel.width;
    static constexpr std::size_t vectors = G.out_channels / Lanes<T>::count % 2 == 0 && kernel < 3 ? 2 : 1;
    static constexpr std::size_t taken = std::min(vector_registers, 2 + kernel * vectors);
    static constexpr std::size_t room = std::max<std::size_t>(4, vector_registers - taken) / vectors;
    static constexpr std::size_t width = equal_portion(Width, std::min<std::size_t>(room, 16));
    static constexpr std::size_t height = width == Width ? std::clamp<std::size_t>(room / width, 1, Height) : 1;
};

/// How many numbers forward_wide_channels puts on the stack: the packed weights, and the pixels of some rows.
template <Conv2dGeometry G, typename Out, typename T>
inline constexpr std::size_t wide_channels_numbers =
    G.weights() + WideChannelsTile<G, Out::height, Out::width, T>::height * Out::width * G.out_channels;

/// Whether the lanes of a convolution had better run along its output channels: that takes fewer vectors where the
/// image is narrow. The weights are packed again in each call; little may lie on the stack.
template <Conv2dGeometry G, typename Out, typename T>
inline constexpr bool has_wide_channels = [] {
    constexpr std::size_t lanes = vector_bytes / sizeof(T);
    constexpr std::size_t columns = lanes_within<T>(Out::width);
    constexpr std::size_t along_columns = G.out_channels * Out::height * ((Out::width + columns - 1) / columns);
    constexpr std::size_t along_channels = Out::height * Out::width * (G.out_channels / lanes);
    return has_vectors && G.groups == 1 && G.out_channels % lanes == 0 &&
           wide_channels_numbers<G, Out, T> * sizeof(T) <= largest_stack_bytes &&
           (!has_wide_columns<G, Out, T> || 10 * along_channels < 9 * along_columns);
}();

/// rows (Rows, Columns) -> columns (Columns, Rows), both without gaps; Rows is a multiple of the lanes.
template <std::size_t Rows, std::size_t Columns, typename T>
void transpose_matrix(const T* rows, T* columns) {
    using V = Lanes<T>;
    constexpr std::size_t whole = Columns / V::count * V::count;
    for (std::size_t r = 0; r < Rows; r += V::count) {
        for (std::size_t c = 0; c < whole; c += V::count) {
            std::array<V, V::count> block;
            for (std::size_t i = 0; i < V::count; ++i) {
                block[i] = V::load(rows + (r + i) * Columns + c);
            }
            transpose(block);
            for (std::size_t i = 0; i < V::count; ++i) {
                block[i].store(columns + (c + i) * Rows + r);
            }
        }
        for (std::size_t c = whole; c < Columns; ++c) {
            for (std::size_t i = 0; i < V::count; ++i) {
                columns[c * Rows + r + i] = rows[(r + i) * Columns + c];
            }
        }
    }
}

/// Some rows of a convolution of one image, the lanes along the output channels. The kernel begins at first_pixel for
/// the first pixel of the first row; packed is the weight as (Ci, Kh, Kw, Co); pixels is (Rows, Width, Co).
template <std::size_t Rows, typename Tile, Conv2dGeometry G, typename In, std::size_t Width, typename T, typename Bias>
void rows_wide_channels(const T* first_pixel, const T* packed, Bias bias, T* pixels) {
    using V = Lanes<T>;
    constexpr std::size_t kernel = G.window.kernel.width;
    constexpr std::size_t stride = G.window.stride.width;
    constexpr std::size_t dilation = G.window.dilation.width;
    constexpr std::size_t N = Tile::vectors;
    for (std::size_t o = 0; o < G.out_channels; o += N * V::count) {
        for_each_piece<Width, Tile::width>([&](std::size_t w, auto count) {
            constexpr std::size_t columns = decltype(count)::value;
            V sum[Rows * columns * N];
            clear_tile(sum, indices<Rows * columns * N>);
            const T* pixel = first_pixel + w * stride;
            const T* tap = packed + o;
            for (std::size_t i = 0; i < G.in_channels; ++i) {
#pragma GCC unroll 1
                for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh, tap += kernel * G.out_channels) {
                    const T* x = forget_origin(pixel + i * In::plane + kh * G.window.dilation.height * In::row);
                    // A kernel that is wider than the registers goes in portions.
                    for_each_piece<kernel, vector_registers>(
                        [&](std::size_t begin, auto size) __attribute__((always_inline)) {
                            constexpr std::size_t taps = decltype(size)::value;
                            using Places = PlacesMet<taps, dilation, columns, stride>;
                            V factor[taps * N];
                            unroll<taps * N>([&](std::size_t k) __attribute__((always_inline)) {
                                factor[k] = V::load(tap + (begin + k / N) * G.out_channels + k % N * V::count);
                                hold_in_register(factor[k]);
                            });
                            // A pixel that is read serves all sums that it takes part in.
                            unroll<Places::count * Rows>([&](std::size_t place) __attribute__((always_inline)) {
                                const std::size_t column = Places::at(place / Rows);
                                const std::size_t row = place % Rows;
                                V value =
                                    V::broadcast(x[row * G.window.stride.height * In::row + begin * dilation + column]);
                                hold_in_register(value);
                                unroll<taps>([&](std::size_t kw) __attribute__((always_inline)) {
                                    const std::size_t first = column - kw * dilation;  // of the row, or far beyond it
                                    if (first % stride == 0 && first / stride < columns) {
                                        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                            V& target = sum[(row * columns + first / stride) * N + n];
                                            target = multiply_add(value, factor[kw * N + n], target);
                                        });
                                    }
                                });
                            });
                        });
                }
            }
            if constexpr (!std::is_null_pointer_v<Bias>) {
                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                    const V end = V::load(bias + o + n * V::count);
                    unroll<Rows * columns>(
                        [&](std::size_t m) __attribute__((always_inline)) { sum[m * N + n] = sum[m * N + n] + end; });
                });
            }
            unroll<Rows * columns>([&](std::size_t m) __attribute__((always_inline)) {
                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                    sum[m * N + n].store(pixels + (m / columns * Width + w + m % columns) * G.out_channels + o +
                                         n * V::count);
                });
            });
        });
    }
}

/// Transposes a row of pixels (Wo, Co) into row h of the output.
template <typename Out, typename T>
void turn_pixels(const T* pixels, std::size_t h, T* output) {
    using V = Lanes<T>;
    for (std::size_t o = 0; o < Out::channels; o += V::count) {
        for_each_piece<Out::width, V::count>([&](std::size_t w, auto size) {
            constexpr std::size_t count = decltype(size)::value;
            std::array<V, V::count> block;
            unroll<V::count>([&](std::size_t i) __attribute__((always_inline)) {
                block[i] = i < count ? V::load(pixels + (w + i) * Out::channels + o) : V{};
            });
            transpose(block);
            unroll<V::count>([&](std::size_t i) __attribute__((always_inline)) {
                __builtin_memcpy(output + Out::offset(o + i, h, w), &block[i], count * sizeof(T));
            });
        });
    }
}

/// conv2d_forward of one image without its elementwise function, the lanes along the output channels. Rows of pixels
/// are computed as (pixels, channels) and transposed into their place.
template <Conv2dGeometry G, typename In, typename Out, typename T, typename Bias>
void forward_wide_channels(const T* input, const T* weight, Bias bias, T* output) {
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    constexpr std::size_t taps = G.in_channels * G.taps();
    using Tile = WideChannelsTile<G, Out::height, Out::width, T>;
    alignas(alignment) T packed[G.weights()];
    alignas(alignment) T pixels[wide_channels_numbers<G, Out, T> - G.weights()];
    transpose_matrix<G.out_channels, taps>(weight, packed);
    for_each_piece<Out::height, Tile::height>([&](std::size_t h, auto rows) {
        rows_wide_channels<decltype(rows)::value, Tile, G, In, Out::width>(
            input + corner + h * G.window.stride.height * In::row, packed, bias, pixels);
        for (std::size_t row = 0; row < rows; ++row) {
            turn_pixels<Out>(pixels + row * Out::width * G.out_channels, h + row, output);
        }
    });
}

}  // namespace CTCNN_DETAIL::kernels::conv2d

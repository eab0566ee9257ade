// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d_geometry.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/single_image.hpp>
#include <ctcnn/kernels/single_image_winograd.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels {

/// Some rows of conv2d_forward, for all numbers but a single image at run time. The input's rows before rows_needed are
/// there.
template <Conv2dGeometry G, typename In, typename Out, typename Activation, Number V, typename Bias>
constexpr void conv2d_forward_rows(const V* input, const scalar_t<V>* weight, Bias bias, V* output, Range rows) {
    constexpr RegisterTile tile = choose_tile(G.group_outputs(), Out::width);
    static_assert(In::border.height >= G.window.padding.height && In::border.width >= G.window.padding.width);
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    // So many input channels at a time that the rows under the kernel stay in L1 while all output channels pass by.
    constexpr std::size_t portion =
        portion_size(G.group_inputs(), span_of(G.window.kernel.height, G.window.dilation.height) * In::row * sizeof(V));

    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* group_input = input + corner + group * G.group_inputs() * In::plane;
        for (std::size_t h = rows.first; h < rows.last; ++h) {
            const Range kernel_rows = detail::rows_inside<G, In>(h);
            for (std::size_t from = 0; from < G.group_inputs(); from += portion) {
                const std::size_t to = std::min(G.group_inputs(), from + portion);
                for_each_piece<G.group_outputs(), tile.rows>([&](std::size_t first, auto channels) {
                    const std::size_t o = group * G.group_outputs() + first;
                    for_each_piece<Out::width, tile.columns>([&](std::size_t w, auto columns) {
                        constexpr std::size_t M = decltype(channels)::value;
                        constexpr std::size_t N = decltype(columns)::value;
                        V* target = output + Out::offset(o, h, w);
                        V sum[M * N];
                        if (portion == G.group_inputs() || from == 0) {
                            unroll<M * N>([&](std::size_t j) __attribute__((always_inline)) { sum[j] = V{}; });
                        } else {
                            unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                    sum[m * N + n] = target[m * Out::plane + n];
                                });
                            });
                        }
                        const V* pixel = group_input + h * G.window.stride.height * In::row + w * G.window.stride.width;
                        for (std::size_t i = from; i < to; ++i) {
                            const scalar_t<V>* tap = weight + G.weight(o, i, kernel_rows.first, 0);
                            for (std::size_t kh = kernel_rows.first; kh < kernel_rows.last; ++kh) {
#pragma GCC unroll 1
                                for (std::size_t kw = 0; kw < G.window.kernel.width; ++kw) {
                                    const V* x =
                                        forget_origin(pixel + i * In::plane + kh * G.window.dilation.height * In::row +
                                                      kw * G.window.dilation.width);
                                    add_outer_product<M, N>(
                                        sum,
                                        [&](std::size_t m) __attribute__((always_inline)) {
                                            return broadcast<V>(tap[m * G.group_inputs() * G.taps()]);
                                        },
                                        [&](std::size_t n)
                                            __attribute__((always_inline)) { return x[n * G.window.stride.width]; });
                                    ++tap;
                                }
                            }
                        }
                        if (!std::is_null_pointer_v<Bias> && (portion == G.group_inputs() || to == G.group_inputs())) {
                            unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                                const V end = bias_of<V>(bias, o + m);
                                unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                    sum[m * N + n] = with_bias<Bias>(sum[m * N + n], end);
                                });
                            });
                        }
                        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                            unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                target[m * Out::plane + n] = sum[m * N + n];
                            });
                        });
                    });
                });
            }
            if constexpr (!std::is_same_v<Activation, NoFunction>) {
                for (std::size_t o = 0; o < G.group_outputs(); ++o) {
                    map_row<Activation>(output + Out::offset(group * G.group_outputs() + o, h, 0), Out::width);
                }
            }
        }
    }
}

/// Whether there is something for all lanes to do in a convolution of one image.
template <Conv2dGeometry G, typename Out, Number V>
consteval bool one_image_has_vectors() {
    if constexpr (std::floating_point<V>) {
        return has_wide_columns<G, Out, V> || has_wide_channels<G, Out, V>;
    } else {
        return false;
    }
}

/// How many numbers conv2d_forward of one image puts on the stack, in arrays.
template <Conv2dGeometry G, typename In, typename Out, std::floating_point T>
inline constexpr std::size_t single_image_stack_numbers = [] {
    if constexpr (!one_image_has_vectors<G, Out, T>()) {
        return std::size_t{0};
    } else if constexpr (SingleWinogradPlan<G, In, Out, T>::pays) {
        return SingleWinogradPlan<G, In, Out, T>::stack_numbers;
    } else if constexpr (has_wide_channels<G, Out, T>) {
        return wide_channels_numbers<G, Out, T>;
    } else {
        return std::size_t{0};
    }
}();

/// conv2d_forward: output(o, h, w) = f(bias(o) + sum over i, kh, kw of weight(o, i, kh, kw) * input(i, h', w')),
/// h' = h*Sh + kh*Dh - Ph, w' likewise.
/// Layouts  In (Ci, Hi, Wi) with a border of zeros at least as wide as the padding; Out (Co, Ho, Wo); bias may be
///          nullptr
template <Conv2dGeometry G, typename In, typename Out, typename Activation, Number V, typename Bias>
constexpr void conv2d_forward(const V* input, const scalar_t<V>* weight, Bias bias, V* output) {
    if constexpr (one_image_has_vectors<G, Out, V>()) {
        if (!std::is_constant_evaluated()) {
            if constexpr (has_wide_channels<G, Out, V> && SingleWinogradPlan<G, In, Out, V>::pays) {
                conv2d_forward_wide_channels_winograd<G, In, Out, V>(input, weight, bias, output);
            } else if constexpr (has_wide_channels<G, Out, V>) {
                conv2d_forward_wide_channels<G, In, Out, V>(input, weight, bias, output);
            } else if constexpr (SingleWinogradPlan<G, In, Out, V>::pays) {
                conv2d_forward_wide_winograd<G, In, Out, V>(input, weight, bias, output);
            } else {
                conv2d_forward_wide<G, In, Out, V>(input, weight, bias, output);
            }
            if constexpr (std::is_same_v<Activation, NoFunction>) {
            } else if constexpr (Out::border == Extent{0, 0}) {
                map_wide<Activation>(output, Out::size);
            } else {
                for (std::size_t row = 0; row < Out::channels * Out::height; ++row) {
                    map_wide<Activation>(output + Out::offset(row / Out::height, row % Out::height, 0), Out::width);
                }
            }
            return;
        }
    }
    conv2d_forward_rows<G, In, Out, Activation>(input, weight, bias, output, {0, Out::height});
}

}  // namespace CTCNN_DETAIL::kernels

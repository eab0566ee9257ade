// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// Some rows of the output, of inputs and weights that are Factors in the place of V and T: output(o, h, w) =
/// f(bias(o) + sum over i, kh, kw of weight(o, i, kh, kw) * input(i, h', w')), h' = h*Sh + kh*Dh - Ph, w' likewise.
template <typename Stage, typename Bias>
constexpr void direct_forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                   typename Stage::V* output, Range rows) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using Activation = typename Stage::Function;
    using V = typename Stage::V;
    using Factor = typename Stage::Factor;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr RegisterTile tile = choose_tile(G.group_outputs(), Out::width);
    static_assert(In::border.height >= G.window.padding.height && In::border.width >= G.window.padding.width);
    // So many input channels at a time that the rows under the kernel stay in L1 while all output channels pass by.
    constexpr std::size_t portion =
        portion_size(G.group_inputs(), span_of(G.window.kernel.height, G.window.dilation.height) * In::row * sizeof(V));

    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* group_input = input + Stage::corner + group * G.group_inputs() * In::plane;
        for (std::size_t h = rows.first; h < rows.last; ++h) {
            const Range kernel_rows = rows_inside<G, In>(h);
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
                            clear_tile(sum, indices<M * N>);
                        } else {
                            copy_tile<N>(sum, N, target, Out::plane, indices<M * N>);
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
                                            return broadcast_factor<Factor>(tap[m * G.group_inputs() * G.taps()]);
                                        },
                                        [&](std::size_t n) __attribute__((always_inline)) {
                                            return factor_in<Factor>(x[n * G.window.stride.width]);
                                        });
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
                        copy_tile<N>(target, Out::plane, sum, N, indices<M * N>);
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

/// Direct: the sums of products, in tiles of registers. It computes every convolution.
struct Direct : Way {
    static constexpr const char* name = "direct";
    static constexpr bool by_rows = true;
    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction direction) { return direction != Direction::backward; }
    template <typename Stage>
    static constexpr bool possible = true;
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return true;
    }

    template <typename Stage, typename Bias>
    static constexpr void forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                       typename Stage::V* output, typename Stage::V*, Range rows) {
        direct_forward_rows<Stage>(input, weight, bias, output, rows);
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                         const typename Stage::V* grad_output, typename Stage::V*, Crew crew = {}) {
        direct_backward_input<Stage>(grad_input, weight, grad_output, crew.share(Stage::In::height));
    }
    template <typename Stage, typename Crew = OneThread>
    static constexpr void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output,
                                              bool add, typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                              typename Stage::V*, Crew crew = {}) {
        constexpr Range all{0, Stage::Out::height};
        direct_backward_parameters<Stage>(input, grad_output, add, grad_weight, grad_bias, all, crew);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

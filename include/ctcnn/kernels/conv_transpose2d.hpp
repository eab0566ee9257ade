// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Transposed convolution: forward is the gradient of a convolution with respect to its input, and the reverse. The
// geometry G is that of this convolution: G.out_channels come in, G.in_channels go out, and the weight is
// (G.out_channels, G.in_channels / groups, kernel). Neither side needs a border.
namespace CTCNN_DETAIL::kernels {

namespace detail {

/// Of n = 0, ..., count - 1, those for which 0 <= start + n * step < size.
constexpr Range columns_inside(std::ptrdiff_t start, std::size_t step, std::size_t count, std::size_t size) {
    const auto least = [&](std::ptrdiff_t bound) {  // the least n with start + n * step >= bound
        const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(step);
        return bound <= start ? std::size_t{0} : static_cast<std::size_t>((bound - start + stride - 1) / stride);
    };
    return {std::min(count, least(0)), std::min(count, least(static_cast<std::ptrdiff_t>(size)))};
}

/// sum(m, n) += sum over c of weight[c * Next + m * Row] * x[c * Plane + start + n * Step] for M x N sums. Columns n
/// that are not in the range take zeros.
template <std::size_t M, std::size_t N, std::size_t Next, std::size_t Row, std::size_t Plane, std::size_t Step,
          Number V>
[[gnu::always_inline]] constexpr void add_tap(V* sum, const scalar_t<V>* weight, const V* x, std::ptrdiff_t start,
                                              std::size_t channels, Range columns) {
    const auto add = [&](const auto& element) __attribute__((always_inline)) {
#pragma GCC unroll 1
        for (std::size_t c = 0; c < channels; ++c) {
            const scalar_t<V>* factor = weight + c * Next;
            const V* row = forget_origin(x + c * Plane);
            add_outer_product<M, N>(
                sum, [&](std::size_t m) __attribute__((always_inline)) { return broadcast<V>(factor[m * Row]); },
                [&](std::size_t n) __attribute__((always_inline)) { return element(row, n); });
        }
    };
    const auto inside = [=](const V* row, std::size_t n) __attribute__((always_inline)) {
        return row[start + static_cast<std::ptrdiff_t>(n * Step)];
    };
    if (columns.first == 0 && columns.last == N) {
        add(inside);
    } else if (columns.count() != 0) {
        add([=](const V* row, std::size_t n) __attribute__((always_inline)) {
            return n >= columns.first && n < columns.last ? inside(row, n) : V{};
        });
    }
}

/// Stores the sums over all lanes of M x N numbers, or adds them to what is there: (m, n) at m * Row + n * Column.
template <std::size_t M, std::size_t N, std::size_t Row, std::size_t Column, Number V>
[[gnu::noinline]] constexpr void scatter_tile_sums(const V* tile, bool add, scalar_t<V>* target) {
    scalar_t<V> sums[M * N]{};
    store_sums_of_lanes<M * N>(tile, sums);
    for (std::size_t m = 0; m < M; ++m) {
        for (std::size_t n = 0; n < N; ++n) {
            scalar_t<V>& element = target[m * Row + n * Column];
            element = add ? element + sums[m * N + n] : sums[m * N + n];
        }
    }
}

}  // namespace detail

/// conv_transpose2d_forward: output(o, h, w) = f(bias(o) + sum over i, kh, kw of weight(i, o, kh, kw) * input(i, h',
/// w')), h = h'*Sh + kh*Dh - Ph, w likewise. Columns that lie a stride apart see the same columns of the kernel, and
/// are computed together.
/// Layouts  In (Ci, Hi, Wi); Out (Co, Ho, Wo); bias may be nullptr
template <Conv2dGeometry G, typename Stage, typename Bias>
constexpr void conv_transpose2d_forward(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                                        typename Stage::V* output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr std::size_t phases = std::min(G.window.stride.width, Out::width);
    constexpr std::size_t count = (Out::width + G.window.stride.width - 1) / G.window.stride.width;
    constexpr RegisterTile tile = choose_tile(G.group_inputs(), count);

    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* group_input = input + group * G.group_outputs() * In::plane;
        const scalar_t<V>* group_weight = weight + G.weight(group * G.group_outputs(), 0, 0, 0);
        for (std::size_t h = 0; h < Out::height; ++h) {
            for_each_piece<G.group_inputs(), tile.rows>([&](std::size_t first, auto channels) {
                const std::size_t o = group * G.group_inputs() + first;
                for (std::size_t phase = 0; phase < phases; ++phase) {
                    for_each_piece<count, tile.columns>([&](std::size_t begin, auto columns) {
                        constexpr std::size_t M = decltype(channels)::value;
                        constexpr std::size_t N = decltype(columns)::value;
                        V sum[M * N];
                        clear_tile(sum, indices<M * N>);
                        for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
                            const conv2d::Tap row =
                                conv2d::tap_at(h, kh, G.window.stride.height, G.window.padding.height,
                                               G.window.dilation.height, In::height);
                            for (std::size_t kw = 0; row.valid && kw < G.window.kernel.width; ++kw) {
                                const std::ptrdiff_t distance =
                                    static_cast<std::ptrdiff_t>(phase + G.window.padding.width) -
                                    static_cast<std::ptrdiff_t>(kw * G.window.dilation.width);
                                const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(G.window.stride.width);
                                if (distance % stride != 0) {
                                    continue;
                                }
                                const std::ptrdiff_t start = distance / stride + static_cast<std::ptrdiff_t>(begin);
                                detail::add_tap<M, N, G.group_inputs() * G.taps(), G.taps(), In::plane, 1>(
                                    sum, group_weight + G.weight(0, first, kh, kw),
                                    group_input + In::offset(0, row.output, 0), start, G.group_outputs(),
                                    detail::columns_inside(start, 1, N, In::width));
                            }
                        }
                        V* target = output + Out::offset(o, h, 0);
                        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                            const V end = bias_of<V>(bias, o + m);
                            unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                const std::size_t w = phase + (begin + n) * G.window.stride.width;
                                if (w < Out::width) {
                                    target[m * Out::plane + w] = with_bias<Bias>(sum[m * N + n], end);
                                }
                            });
                        });
                    });
                }
            });
            if constexpr (!std::is_same_v<typename Stage::Function, NoFunction>) {
                for (std::size_t o = 0; o < G.group_inputs(); ++o) {
                    map_row<typename Stage::Function>(output + Out::offset(group * G.group_inputs() + o, h, 0),
                                                      Out::width);
                }
            }
        }
    }
}

/// conv_transpose2d_backward_input: the gradient of the input. `grad_input` holds the input when the call begins and
/// its gradient when it ends.
/// Layouts  In (Ci, Hi, Wi); Out (Co, Ho, Wo)
template <Conv2dGeometry G, typename Stage>
constexpr void conv_transpose2d_backward_input(typename Stage::V* grad_input, const typename Stage::T* weight,
                                               const typename Stage::V* grad_output) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr RegisterTile tile = choose_tile(G.group_outputs(), In::width);

    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* source = grad_output + group * G.group_inputs() * Out::plane;
        for (std::size_t h = 0; h < In::height; ++h) {
            for_each_piece<G.group_outputs(), tile.rows>([&](std::size_t first, auto channels) {
                const std::size_t i = group * G.group_outputs() + first;
                for_each_piece<In::width, tile.columns>([&](std::size_t begin, auto columns) {
                    constexpr std::size_t M = decltype(channels)::value;
                    constexpr std::size_t N = decltype(columns)::value;
                    V sum[M * N];
                    clear_tile(sum, indices<M * N>);
                    for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
                        const std::size_t row = h * G.window.stride.height + kh * G.window.dilation.height;
                        if (row < G.window.padding.height || row - G.window.padding.height >= Out::height) {
                            continue;
                        }
                        for (std::size_t kw = 0; kw < G.window.kernel.width; ++kw) {
                            const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(begin * G.window.stride.width +
                                                                                     kw * G.window.dilation.width) -
                                                         static_cast<std::ptrdiff_t>(G.window.padding.width);
                            detail::add_tap<M, N, G.taps(), G.group_inputs() * G.taps(), Out::plane,
                                            G.window.stride.width>(
                                sum, weight + G.weight(i, 0, kh, kw),
                                source + Out::offset(0, row - G.window.padding.height, 0), start, G.group_inputs(),
                                detail::columns_inside(start, G.window.stride.width, N, Out::width));
                        }
                    }
                    V* target = grad_input + In::offset(i, h, begin);
                    unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                        unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                            V& element = target[m * In::plane + n];
                            element = Stage::Function::backward(element, sum[m * N + n]);
                        });
                    });
                });
            });
        }
    }
}

/// conv_transpose2d_backward_weight: grad_weight(i, o, kh, kw) = sum over all lanes, h, w of input(i, h, w) *
/// grad_output(o, h', w'), h' = h*Sh + kh*Dh - Ph, w' likewise, and grad_bias(o) = sum of grad_output(o, h, w). With
/// `add_first`, the sums are added to what is there.
/// Layouts  In (Ci, Hi, Wi); Out (Co, Ho, Wo); grad_bias may be nullptr
template <Conv2dGeometry G, typename Stage>
constexpr void conv_transpose2d_backward_weight(const typename Stage::V* input, const typename Stage::V* grad_output,
                                                bool add_first, typename Stage::T* grad_weight,
                                                typename Stage::T* grad_bias) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    constexpr RegisterTile tile = choose_tile(G.group_outputs(), G.group_inputs());
    // So many rows at a time that those of M + N channels stay in L1 while all weights between them pass by.
    constexpr std::size_t portion =
        portion_size(In::height, (tile.rows * In::row + tile.columns * G.window.stride.height * Out::row) * sizeof(V));

    for (std::size_t o = 0; grad_bias != nullptr && o < Out::channels; ++o) {
        for (std::size_t from = 0; from < Out::height; from += portion) {
            const auto sum =
                conv2d::sum_of_rows<Out>(grad_output + Out::offset(o, from, 0), std::min(portion, Out::height - from));
            grad_bias[o] = add_first || from != 0 ? grad_bias[o] + sum : sum;
        }
    }
    for (std::size_t group = 0; group < G.groups; ++group) {
        const V* group_input = input + group * G.group_outputs() * In::plane;
        const V* source = grad_output + group * G.group_inputs() * Out::plane;
        for (std::size_t from = 0; from < In::height; from += portion) {
            const std::size_t to = std::min(In::height, from + portion);
            for_each_piece<G.group_outputs(), tile.rows>([&](std::size_t i, auto rows) {
                for_each_piece<G.group_inputs(), tile.columns>([&](std::size_t o, auto columns) {
                    for (std::size_t k = 0; k < G.taps(); ++k) {
                        constexpr std::size_t M = decltype(rows)::value;
                        constexpr std::size_t N = decltype(columns)::value;
                        const std::size_t kh = k / G.window.kernel.width;
                        const std::size_t kw = k % G.window.kernel.width;
                        const std::ptrdiff_t top = static_cast<std::ptrdiff_t>(kh * G.window.dilation.height) -
                                                   static_cast<std::ptrdiff_t>(G.window.padding.height);
                        const std::ptrdiff_t left = static_cast<std::ptrdiff_t>(kw * G.window.dilation.width) -
                                                    static_cast<std::ptrdiff_t>(G.window.padding.width);
                        const Range h = detail::columns_inside(top, G.window.stride.height, to, Out::height);
                        const Range w = detail::columns_inside(left, G.window.stride.width, In::width, Out::width);
                        V sum[M * N];
                        clear_tile(sum, indices<M * N>);
                        for (std::size_t row = std::max(from, h.first); row < h.last; ++row) {
                            const std::ptrdiff_t across =
                                top + static_cast<std::ptrdiff_t>(row * G.window.stride.height);
                            const V* x = group_input + In::offset(i, row, 0);
                            const V* g = source + Out::offset(o, static_cast<std::size_t>(across), 0);
                            for (std::size_t column = w.first; column < w.last; ++column) {
                                const V* pixel = forget_origin(x + column);
                                const V* gradient = forget_origin(
                                    g + (left + static_cast<std::ptrdiff_t>(column * G.window.stride.width)));
                                add_outer_product<M, N>(
                                    sum,
                                    [&](std::size_t m) __attribute__((always_inline)) { return pixel[m * In::plane]; },
                                    [&](std::size_t n)
                                        __attribute__((always_inline)) { return gradient[n * Out::plane]; });
                            }
                        }
                        // A copy, so that only it lies in memory: the sums stay in registers.
                        V stored[M * N];
                        unroll<M * N>([&](std::size_t n) __attribute__((always_inline)) { stored[n] = sum[n]; });
                        detail::scatter_tile_sums<M, N, G.group_inputs() * G.taps(), G.taps()>(
                            stored, add_first || from != 0,
                            grad_weight + G.weight(group * G.group_outputs() + i, o, kh, kw));
                    }
                });
            });
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels

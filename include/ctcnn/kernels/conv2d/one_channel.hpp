// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/shuffle.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/conv2d/winograd_plan.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// OneChannelPlan: a convolution of images of one channel, as the first layer has it, whose rows are filtered by
/// F(m, kernel width). What a piece, m columns of the output, adds up at the points is so little that it stays in
/// registers, and so do the transforms of outputs and of their gradients; only those of the input pass through the L1
/// cache.
template <Conv2dGeometry G, typename InLayout, typename OutLayout>
struct OneChannelPlan {
    using In = InLayout;
    using Out = OutLayout;
    static constexpr Conv2dGeometry geometry = G;
    using Common = WinogradPlan<G, In, Out>;
    static constexpr Extent kernel = G.window.kernel;
    static constexpr std::size_t rows = Common::rows;
    static constexpr std::size_t columns = Common::columns;

    static constexpr bool possible = Common::possible && G.in_channels == 1;

    /// How many channels of the output are computed at a time with n points: as many as leave a register for an input,
    /// and one for a weight where it cannot be part of the instruction.
    static constexpr std::size_t channels_of(std::size_t n) {
        return std::min(G.out_channels, std::max<std::size_t>(1, (vector_registers - 2) / n));
    }
    /// What the transforms of the input cost with n points, and what forward and backward cost with them, in
    /// instructions of which two are begun in a cycle: multiplications and additions, or loads where these are more.
    static constexpr std::size_t input_cost(std::size_t n) { return Common::pieces_of(n) * rows * (n / 2 - 1) * n; }
    static constexpr std::size_t forward_cost(std::size_t n) {
        const std::size_t products = kernel.height * n;
        const std::size_t collect = (n / 2 - 1) * (Common::outputs_of(n) + 2);
        const std::size_t piece = std::max(products + collect, products + products / channels_of(n));
        return Common::pieces_of(n) * Out::height * G.out_channels * piece + input_cost(n);
    }
    static constexpr std::size_t backward_cost(std::size_t n) {
        const std::size_t evaluate = (n / 2 - 1) * Common::outputs_of(n);
        return Common::pieces_of(n) * Out::height * G.out_channels * (kernel.height * n + evaluate) + input_cost(n);
    }
    static constexpr std::size_t count =
        winograd::cheapest_points(kernel.width, [](std::size_t n) { return forward_cost(n) + backward_cost(n); });
    using Points = winograd::Points<count>;
    static constexpr std::size_t outputs = Common::outputs_of(count);
    static constexpr std::size_t pieces = Common::pieces_of(count);
    static constexpr std::size_t last_begin = (pieces - 1) * outputs;
    static constexpr std::size_t channels = channels_of(count);

    /// Whether it pays; a gain of less than 10 % would be none on another machine.
    static constexpr std::size_t direct_cost = G.weights() * Out::height * Out::width;
    static constexpr bool forward_pays = possible && 100 * direct_cost > 110 * forward_cost(count);
    static constexpr bool backward_pays = possible && 100 * direct_cost > 110 * backward_cost(count);

    /// Forward keeps the last rows of the input at the points: row h in place h % kept_rows.
    static constexpr std::size_t kept_rows = std::bit_ceil(kernel.height);
    static constexpr std::size_t row_numbers = pieces * count;
    /// How many rows of gradients backward takes at a time, against a channel's sums at two points and all rows of the
    /// kernel.
    static constexpr std::size_t gradient_rows = vector_registers / 8;
    static constexpr std::size_t channel_sums = count * kernel.height;

    /// The scratch memory, in numbers V: weights at the points and rows of the input, which stay from one call for some
    /// rows to the next; or the sums of backward, those for the bias, and a piece of the input.
    template <Number V>
    static constexpr std::size_t weight_numbers =
        (G.out_channels * kernel.height * count + lane_count<V> - 1) / lane_count<V>;
    template <Number V>
    static constexpr std::size_t scratch_numbers =
        std::max(weight_numbers<V> + kept_rows * row_numbers, G.out_channels*(channel_sums + 1) + rows * count);
};

/// weight (Co, 1, Kh, Kw) -> (Co in groups, Kh, points, channels of the group).
template <typename Plan, typename T>
[[gnu::noinline]] void one_channel_weight(const T* weight, T* transformed) {
    constexpr const Conv2dGeometry& G = Plan::geometry;
    constexpr Extent kernel = Plan::kernel;
    for (std::size_t o = 0; o < G.out_channels; o += Plan::channels) {
        const std::size_t channels = std::min(Plan::channels, G.out_channels - o);
        for (std::size_t m = 0; m < channels; ++m) {
            for (std::size_t kh = 0; kh < kernel.height; ++kh) {
                T values[Plan::count];
                Plan::Points::template evaluate<kernel.width>(weight + G.weight(o + m, 0, kh, 0), values);
                for (std::size_t p = 0; p < Plan::count; ++p) {
                    transformed[(o * kernel.height + kh * channels) * Plan::count + p * channels + m] =
                        values[p] * static_cast<T>(Plan::Points::scale[p]);
                }
            }
        }
    }
}

/// A piece of a row of the input, at the points.
template <typename Plan, Number V>
[[gnu::always_inline]] inline void one_channel_input(const V* input, std::size_t row, std::size_t piece, V* target) {
    using In = typename Plan::In;
    constexpr const Conv2dGeometry& G = Plan::geometry;
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    V x[Plan::count];
    winograd::take<Plan::count, Plan::last_begin, Plan::columns>(input + corner + row * In::row, piece * Plan::outputs,
                                                                 x);
    V values[Plan::count];
    Plan::Points::points_of_inputs(x, values);
    unroll<Plan::count>([&](std::size_t p) __attribute__((always_inline)) { target[p] = values[p]; });
}

/// Row h of M channels of the output, from channel o on, without the activation.
template <typename Plan, std::size_t M, Number V, typename Bias>
[[gnu::noinline]] void one_channel_row(const V* inputs, const scalar_t<V>* weights, Bias bias, V* output, std::size_t h,
                                       std::size_t o) {
    using Out = typename Plan::Out;
    constexpr std::size_t count = Plan::count;
    const Range kernel_rows = rows_inside<Plan::geometry, typename Plan::In>(h);
    for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
        V sum[M * count];
        clear_tile(sum, indices<M * count>);
        const scalar_t<V>* weight = weights + kernel_rows.first * count * M;
#pragma GCC unroll 1
        for (std::size_t row = h + kernel_rows.first; row < h + kernel_rows.last; ++row) {
            const V* x = forget_origin(inputs + row % Plan::kept_rows * Plan::row_numbers + piece * count);
            unroll<count>([&](std::size_t p) __attribute__((always_inline)) {
                V value = x[p];
                hold_in_register(value);
                unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                    sum[m * count + p] = multiply_add(value, broadcast<V>(weight[p * M + m]), sum[m * count + p]);
                });
            });
            weight += count * M;
        }
        // GCC would compute half of what follows also for sums that no row has changed, and jump.
        unroll<M * count>([&](std::size_t n) __attribute__((always_inline)) { hold_in_register(sum[n]); });
        const std::size_t begin = piece * Plan::outputs;
        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
            V result[Plan::outputs];
            Plan::Points::template collect<Plan::outputs>(sum + m * count, result);
            const V end = bias_of<V>(bias, o + m);
            V* target = output + Out::offset(o + m, h, begin);
            unroll<Plan::outputs>([&](std::size_t n) __attribute__((always_inline)) {
                if (begin + n < Out::width) {
                    target[n] = with_bias<Bias>(result[n], end);
                }
            });
        });
    }
}

/// Adds a piece of a channel's gradient, from column `begin` on, to the channel's sums at the points number 2 * Two and
/// 2 * Two + 1. Its value at 1, which is its sum, is added to the sum for the bias.
template <typename Plan, std::size_t Two, Number V>
[[gnu::noinline]] void one_channel_sums(const V* inputs, const V* grad_output, std::size_t begin, V* sums, V* bias) {
    using Out = typename Plan::Out;
    constexpr std::size_t height = Plan::kernel.height;
    sums += 2 * Two * height;
    inputs += 2 * Two;
    V sum[2 * height];
    unroll<2 * height>([&](std::size_t n) __attribute__((always_inline)) { sum[n] = sums[n]; });
    for_each_piece<Out::height, Plan::gradient_rows>([&](std::size_t h, auto rows) __attribute__((always_inline)) {
        constexpr std::size_t R = decltype(rows)::value;
        V values[2 * R];
        unroll<R>([&](std::size_t r) __attribute__((always_inline)) {
            V y[Plan::outputs];
            winograd::take<Plan::outputs, Plan::last_begin, Out::width>(grad_output + (h + r) * Out::row, begin, y);
            Plan::Points::template evaluate_two<Plan::outputs>(Two, y, values + 2 * r);
            if constexpr (Two == 1) {
                *bias += values[2 * r];
            }
        });
        // Each input is read once for all gradients that it meets.
        const V* x = forget_origin(inputs + h * Plan::count);
        unroll<R + height - 1>([&](std::size_t row) __attribute__((always_inline)) {
            unroll<2>([&](std::size_t p) __attribute__((always_inline)) {
                V value = x[row * Plan::count + p];
                hold_in_register(value);
                unroll<R>([&](std::size_t r) __attribute__((always_inline)) {
                    if (row >= r && row - r < height) {
                        V& element = sum[p * height + row - r];
                        element = multiply_add(value, values[2 * r + p], element);
                    }
                });
            });
        });
    });
    unroll<2 * height>([&](std::size_t n) __attribute__((always_inline)) { sums[n] = sum[n]; });
}

/// The gradients of a channel's weights, (points, Kh) summed over the lanes -> (Kh, Kw).
template <typename Plan, Number V>
[[gnu::noinline]] void one_channel_grad_weight(const V* sums, bool add, scalar_t<V>* grad_weight) {
    using T = scalar_t<V>;
    constexpr Extent kernel = Plan::kernel;
    T at_points[Plan::channel_sums];
    store_sums_of_lanes<Plan::channel_sums>(sums, at_points);
    for (std::size_t kh = 0; kh < kernel.height; ++kh) {
        T values[Plan::count];
        for (std::size_t p = 0; p < Plan::count; ++p) {
            values[p] = at_points[p * kernel.height + kh] * static_cast<T>(Plan::Points::scale[p]);
        }
        T row[kernel.width];
        Plan::Points::template collect<kernel.width>(values, row);
        for (std::size_t kw = 0; kw < kernel.width; ++kw) {
            T& element = grad_weight[kh * kernel.width + kw];
            element = add ? element + row[kw] : row[kw];
        }
    }
}

/// The members of a crew take different outputs.
template <typename Stage, typename Bias, typename Crew>
void one_channel_forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                              typename Stage::V* output, typename Stage::V* scratch, Range range, Crew crew) {
    using Out = typename Stage::Out;
    using Activation = typename Stage::Function;
    using V = typename Stage::V;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = OneChannelPlan<G, typename Stage::In, Out>;
    static_assert(Plan::possible);
    constexpr std::size_t height = Plan::kernel.height;
    auto* weights = reinterpret_cast<scalar_t<V>*>(scratch);
    V* inputs = scratch + Plan::template weight_numbers<V>;
    if (range.first == 0) {
        one_channel_weight<Plan>(weight, weights);
    }
    for (std::size_t h = range.first; h < range.last; ++h) {
        for (std::size_t row = h == 0 ? 0 : h + height - 1; row < h + height; ++row) {
            for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
                one_channel_input<Plan>(input, row, piece,
                                        inputs + row % Plan::kept_rows * Plan::row_numbers + piece * Plan::count);
            }
        }
        for_each_piece<G.out_channels, Plan::channels>([&](std::size_t o, auto channels) {
            if (crew.takes(o / Plan::channels)) {
                one_channel_row<Plan, decltype(channels)::value>(inputs, weights + o * height * Plan::count, bias,
                                                                 output, h, o);
            }
        });
        if constexpr (!std::is_same_v<Activation, NoFunction>) {
            for (std::size_t o = 0; o < G.out_channels; ++o) {
                if (crew.takes(o / Plan::channels)) {
                    map_row<Activation>(output + Out::offset(o, h, 0), Out::width);
                }
            }
        }
    }
}

/// The members of a crew take different outputs.
template <typename Stage, typename Crew>
void one_channel_backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                     typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                     typename Stage::V* scratch, Crew crew) {
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Plan = OneChannelPlan<G, typename Stage::In, Out>;
    static_assert(Plan::possible);
    V* sums = scratch;
    V* bias_sums = sums + G.out_channels * Plan::channel_sums;
    V* inputs = bias_sums + G.out_channels;
    std::fill(sums, inputs, V{});
    const Range own = crew.share(G.out_channels);
    for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
        for (std::size_t row = 0; row < Plan::rows; ++row) {
            one_channel_input<Plan>(input, row, piece, inputs + row * Plan::count);
        }
        for (std::size_t o = own.first; o < own.last; ++o) {
            [&]<std::size_t... Two>(std::index_sequence<Two...>) {
                (one_channel_sums<Plan, Two>(inputs, grad_output + Out::offset(o, 0, 0), piece * Plan::outputs,
                                             sums + o * Plan::channel_sums, bias_sums + o),
                 ...);
            }(std::make_index_sequence<Plan::count / 2>{});
        }
    }
    for (std::size_t o = own.first; o < own.last; ++o) {
        one_channel_grad_weight<Plan>(sums + o * Plan::channel_sums, add, grad_weight + o * G.taps());
        if (grad_bias != nullptr) {
            const T sum = sum_lanes(bias_sums[o]);
            grad_bias[o] = add ? grad_bias[o] + sum : sum;
        }
    }
}

/// OneChannel: rows are filtered as by Winograd; tiles of images of one channel, forward and for the parameters.
struct OneChannel : Way {
    static constexpr const char* name = "one channel";
    static constexpr bool by_rows = true;
    template <typename Stage>
    using Plan = OneChannelPlan<Stage::geometry, typename Stage::In, typename Stage::Out>;

    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction direction) {
        return direction == Direction::forward || direction == Direction::backward_parameters;
    }
    template <typename Stage>
    static constexpr bool possible = is_lanes<typename Stage::V> && Plan<Stage>::possible;
    template <typename Stage>
    static constexpr bool profitable(Direction direction) {
        return direction == Direction::forward ? Plan<Stage>::forward_pays : Plan<Stage>::backward_pays;
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::template scratch_numbers<typename Stage::V>;

    template <typename Stage, typename Bias, typename Crew = OneThread>
    static void forward_rows(const typename Stage::V* input, const typename Stage::T* weight, Bias bias,
                             typename Stage::V* output, typename Stage::V* scratch, Range rows, Crew crew = {}) {
        one_channel_forward_rows<Stage>(input, weight, bias, output, scratch, rows, crew);
    }
    template <typename Stage, typename Crew = OneThread>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch, Crew crew = {}) {
        one_channel_backward_parameters<Stage>(input, grad_output, add, grad_weight, grad_bias, scratch, crew);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

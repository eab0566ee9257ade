// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layer.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d.hpp>
#include <ctcnn/kernels/conv2d_geometry.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace ctcnn::kernels {

/// WinogradPlan: a convolution whose rows are filtered by F(m, kernel width). A piece is m columns of the output. At each of
/// the six points it is a convolution along the rows with the columns of the kernel, (Ci, 1, Hi) -> (Co, 1, Ho) with a
/// kernel of 1 x Kh, for which the usual kernels serve. (The usual word for a piece is tile; here a tile is one of images, or of
/// registers.) Pieces are taken one after the other, so that what is written is read again while it is in the L2 cache.
template <Conv2dGeometry G, typename In, typename Out>
struct WinogradPlan {
    static constexpr Extent kernel = G.window.kernel;
    static constexpr std::size_t outputs = winograd::outputs_of(kernel.width);  // of a piece
    static constexpr std::size_t pieces = (Out::width + outputs - 1) / outputs;
    static constexpr std::size_t rows = Out::height + kernel.height - 1;  // of the input, as far as the kernel sees it
    static constexpr std::size_t columns = Out::width + kernel.width - 1;
    static constexpr std::size_t shared = kernel.width - 1;  // columns of the input that two pieces have in common

    static constexpr Window window{{1, kernel.height}, {1, 1}, {0, 0}, {1, 1}};
    static constexpr Conv2dGeometry geometry{G.in_channels, G.out_channels, G.groups, window};
    using Input = Layout<G.in_channels, 1, rows>;
    using Output = Layout<G.out_channels, 1, Out::height>;

    /// The sizes of what there is at all points.
    static constexpr std::size_t all_inputs = winograd::points * Input::size;
    static constexpr std::size_t all_outputs = winograd::points * Output::size;
    static constexpr std::size_t all_weights = winograd::points * geometry.weights();  // scalars

    /// The gradient of the weights: so many output channels at a time, of equal portions of pieces that stay in the L2 cache,
    /// of which 8 K registers are a half or less. A portion may reach beyond the last piece; there it finds zeros.
    static constexpr std::size_t block = choose_rows(G.group_outputs(), std::min<std::size_t>(kernel.height, 7));
    static constexpr std::size_t block_numbers = all_inputs + block * Out::height;  // of one piece
    static constexpr std::size_t block_pieces = [] {
        constexpr std::size_t near_registers = 8 * 1024;
        constexpr std::size_t most = std::max<std::size_t>(1, near_registers / block_numbers);
        constexpr std::size_t portions = (pieces + most - 1) / most;
        return (pieces + portions - 1) / portions;
    }();

    /// The scratch memory, in numbers V: inputs and outputs at the points, what two pieces share, and the weights behind them.
    static constexpr std::size_t shared_numbers = Input::size * shared;
    template <Number V>
    static constexpr std::size_t scratch_numbers =
        std::max({all_inputs + all_outputs, all_inputs + Output::size + shared_numbers, block_numbers* block_pieces}) +
        (all_weights + lane_count<V> - 1) / lane_count<V>;

    static constexpr bool possible = G.window.stride == Extent{1, 1} && G.window.dilation == Extent{1, 1} &&
                                     kernel.width >= 2 && kernel.width < winograd::points &&
                                     In::border.height >= G.window.padding.height &&
                                     In::border.width >= G.window.padding.width;

    /// Whether it is worth its while. An operation of a transform costs about twice a multiplication in a register tile, and a
    /// row of the kernel as much as 12 (measured on LeNet); a gain of less than 15 % would be none on another machine.
    static constexpr bool pays = possible && [] {
        const std::size_t direct = G.weights() * Out::height * Out::width;
        const std::size_t filtered = all_weights * Out::height * pieces;
        const std::size_t transforms = 12 * pieces * (G.in_channels * rows + G.out_channels * Out::height);
        const std::size_t kernel_rows = G.weights() / kernel.width;
        return 100 * direct > 115 * (filtered + 2 * transforms + 12 * kernel_rows);
    }();
};

namespace detail {

/// weight (Co, Ci, Kh, Kw) -> (6, Co, Ci, Kh).
template <Conv2dGeometry G, typename T>
void winograd_weight(const T* weight, T* transformed) {
    constexpr std::size_t width = G.window.kernel.width;
    constexpr std::size_t count = G.weights() / width;
    for (std::size_t i = 0; i < count; ++i) {
        T values[winograd::points];
        winograd::evaluate<width>(weight + i * width, values);
        unroll<winograd::points>([&](std::size_t f) __attribute__((always_inline)) {
            transformed[f * count + i] = values[f] * static_cast<T>(winograd::scale[f]);
        });
    }
}

/// Count numbers of a row of `size`, from `begin` on; zeros beyond its end.
template <std::size_t Count, Number V>
[[gnu::always_inline]] inline void take(const V* row, std::size_t begin, std::size_t size, V* numbers) {
    unroll<Count>([&](std::size_t n)
                      __attribute__((always_inline)) { numbers[n] = begin + n < size ? row[begin + n] : V{}; });
}

/// A piece's columns of the input, (Ci, rows, 6) -> (6, Ci, pieces, rows), written as one of `pieces`.
template <typename Plan, Conv2dGeometry G, typename In, Number V>
[[gnu::noinline]] void winograd_input(const V* input, std::size_t begin, std::size_t pieces, V* transformed) {
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    for (std::size_t c = 0; c < G.in_channels; ++c) {
        for (std::size_t h = 0; h < Plan::rows; ++h) {
            V x[winograd::points];
            take<winograd::points>(input + corner + c * In::plane + h * In::row, begin, Plan::columns, x);
            V values[winograd::points];
            winograd::points_of_inputs(x, values);
            unroll<winograd::points>([&](std::size_t f) __attribute__((always_inline)) {
                transformed[(f * G.in_channels + c) * pieces * Plan::rows + h] = values[f];
            });
        }
    }
}

/// A piece's columns of the gradient of the output at one point, (channels, Ho, m) -> (channels, pieces, Ho), written as
/// one of `pieces`.
template <typename Plan, typename Out, Number V>
[[gnu::noinline]] void winograd_grad_output(const V* grad_output, std::size_t channels, std::size_t begin,
                                            std::size_t point, std::size_t pieces, V* transformed) {
    V power[Plan::outputs];
    for (std::size_t n = 0; n < Plan::outputs; ++n) {
        power[n] = broadcast<V>(static_cast<scalar_t<V>>(winograd::power<Plan::outputs>(point, n)));
    }
    for (std::size_t o = 0; o < channels; ++o) {
        for (std::size_t h = 0; h < Out::height; ++h) {
            V y[Plan::outputs];
            take<Plan::outputs>(grad_output + Out::offset(o, h, 0), begin, Out::width, y);
            V sum = power[0] * y[0];
            unroll<Plan::outputs - 1>(
                [&](std::size_t n) __attribute__((always_inline)) { sum = multiply_add(power[n + 1], y[n + 1], sum); });
            transformed[o * pieces * Out::height + h] = sum;
        }
    }
}

}  // namespace detail

/// conv2d_forward by minimal filtering. scratch: WinogradPlan::scratch_numbers.
template <Conv2dGeometry G, typename In, typename Out, typename Activation, Number V, typename Bias>
void conv2d_forward_winograd(const V* input, const scalar_t<V>* weight, Bias bias, V* output, V* scratch) {
    using Plan = WinogradPlan<G, In, Out>;
    static_assert(Plan::possible);
    using Input = typename Plan::Input;
    using Output = typename Plan::Output;
    V* inputs = scratch;
    V* outputs = inputs + Plan::all_inputs;
    auto* weights = reinterpret_cast<scalar_t<V>*>(outputs + Plan::all_outputs);

    detail::winograd_weight<G>(weight, weights);
    for (std::size_t begin = 0; begin < Out::width; begin += Plan::outputs) {
        detail::winograd_input<Plan, G, In>(input, begin, 1, inputs);
        for (std::size_t f = 0; f < winograd::points; ++f) {
            conv2d_forward<Plan::geometry, Input, Output, NoFunction>(
                inputs + f * Input::size, weights + f * Plan::geometry.weights(), nullptr, outputs + f * Output::size);
        }
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            const V start = bias_of<V>(bias, o);
            for (std::size_t h = 0; h < Out::height; ++h) {
                V values[winograd::points];
                unroll<winograd::points>([&](std::size_t f) __attribute__((always_inline)) {
                    values[f] = outputs[f * Output::size + o * Out::height + h];
                });
                V result[Plan::outputs];
                winograd::collect<Plan::outputs>(values, result);
                V* target = output + Out::offset(o, h, begin);
                unroll<Plan::outputs>([&](std::size_t n) __attribute__((always_inline)) {
                    if (begin + n < Out::width) {
                        target[n] = Activation::forward(result[n] + start);
                    }
                });
            }
        }
    }
}

/// conv2d_backward_input by minimal filtering.
template <Conv2dGeometry G, typename In, typename Out, typename Before, Number V>
void conv2d_backward_input_winograd(V* grad_input, const scalar_t<V>* weight, const V* grad_output, V* scratch) {
    using Plan = WinogradPlan<G, In, Out>;
    static_assert(Plan::possible);
    using Input = typename Plan::Input;
    using Output = typename Plan::Output;
    V* inputs = scratch;
    V* outputs = inputs + Plan::all_inputs;
    V* shared = outputs + Output::size;
    auto* weights = reinterpret_cast<scalar_t<V>*>(shared + Plan::shared_numbers);
    constexpr std::size_t padding = G.window.padding.width;

    detail::winograd_weight<G>(weight, weights);
    for (std::size_t begin = 0; begin < Out::width; begin += Plan::outputs) {
        for (std::size_t f = 0; f < winograd::points; ++f) {
            detail::winograd_grad_output<Plan, Out>(grad_output, G.out_channels, begin, f, 1, outputs);
            conv2d_backward_input<Plan::geometry, Input, Output, NoFunction>(
                inputs + f * Input::size, weights + f * Plan::geometry.weights(), outputs);
        }
        const std::size_t finished = begin + Plan::outputs < Out::width ? Plan::outputs : winograd::points;
        for (std::size_t c = 0; c < G.in_channels; ++c) {
            for (std::size_t h = 0; h < In::height; ++h) {
                const std::size_t place = c * Plan::rows + h + G.window.padding.height;
                V values[winograd::points];
                unroll<winograd::points>(
                    [&](std::size_t f) __attribute__((always_inline)) { values[f] = inputs[f * Input::size + place]; });
                V x[winograd::points];
                winograd::inputs_of_points(values, x);
                V* part = shared + place * Plan::shared;
                unroll<Plan::shared>([&](std::size_t n) __attribute__((always_inline)) {
                    if (begin != 0) {
                        x[n] += part[n];
                    }
                });
                unroll<Plan::shared>([&](std::size_t n)
                                         __attribute__((always_inline)) { part[n] = x[Plan::outputs + n]; });
                V* row = grad_input + In::offset(c, h, 0);
                unroll<winograd::points>([&](std::size_t n) __attribute__((always_inline)) {
                    if (n < finished && begin + n >= padding && begin + n - padding < In::width) {
                        V& element = row[begin + n - padding];
                        element = Before::backward(element, x[n]);
                    }
                });
            }
        }
    }
}

/// conv2d_backward_weight by minimal filtering.
template <Conv2dGeometry G, typename In, typename Out, Number V>
void conv2d_backward_weight_winograd(const V* input, const V* grad_output, bool add, scalar_t<V>* grad_weight,
                                     scalar_t<V>* grad_bias, V* scratch) {
    using T = scalar_t<V>;
    using Plan = WinogradPlan<G, In, Out>;
    static_assert(Plan::possible);
    constexpr std::size_t pieces = Plan::block_pieces;
    constexpr std::size_t group_inputs = G.group_inputs() * pieces * Plan::rows;
    constexpr std::size_t width = Plan::kernel.width;
    constexpr std::size_t count = G.weights() / width;
    V* inputs = scratch;
    V* outputs = inputs + Plan::all_inputs * pieces;
    auto* gradients = reinterpret_cast<T*>(outputs + Plan::block * pieces * Out::height);

    for (std::size_t first = 0; first < Out::width; first += pieces * Plan::outputs) {
        for (std::size_t piece = 0; piece < pieces; ++piece) {
            detail::winograd_input<Plan, G, In>(input, first + piece * Plan::outputs, pieces,
                                                inputs + piece * Plan::rows);
        }
        for (std::size_t group = 0; group < G.groups; ++group) {
            for_each_piece<G.group_outputs(), Plan::block>([&](std::size_t o, auto channels) {
                constexpr std::size_t block = decltype(channels)::value;
                constexpr Conv2dGeometry geometry{G.group_inputs(), block, 1, Plan::window};
                const std::size_t channel = group * G.group_outputs() + o;
                for (std::size_t f = 0; f < winograd::points; ++f) {
                    for (std::size_t piece = 0; piece < pieces; ++piece) {
                        detail::winograd_grad_output<Plan, Out>(grad_output + channel * Out::plane, block,
                                                                first + piece * Plan::outputs, f, pieces,
                                                                outputs + piece * Out::height);
                    }
                    conv2d_backward_weight<geometry, Layout<G.group_inputs(), pieces, Plan::rows>,
                                           Layout<block, pieces, Out::height>>(
                        inputs + (f * G.groups + group) * group_inputs, outputs, first != 0,
                        gradients + f * count + Plan::geometry.weight(channel, 0, 0, 0), nullptr);
                }
            });
        }
    }
    for (std::size_t f = 0; f < winograd::points; ++f) {
        for (std::size_t i = 0; i < count; ++i) {
            gradients[f * count + i] *= static_cast<T>(winograd::scale[f]);
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        T values[winograd::points];
        unroll<winograd::points>([&](std::size_t f)
                                     __attribute__((always_inline)) { values[f] = gradients[f * count + i]; });
        T result[width];
        winograd::collect<width>(values, result);
        for (std::size_t n = 0; n < width; ++n) {
            T& element = grad_weight[i * width + n];
            element = add ? element + result[n] : result[n];
        }
    }
    for (std::size_t o = 0; grad_bias != nullptr && o < G.out_channels; ++o) {
        const T sum = detail::sum_of_rows<Out>(grad_output + Out::offset(o, 0, 0), Out::height);
        grad_bias[o] = add ? grad_bias[o] + sum : sum;
    }
}

}  // namespace ctcnn::kernels

// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/layout.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/bias.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/single_image_direct.hpp>
#include <ctcnn/kernels/single_image.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

// One image by minimal filtering, with all lanes at work on it. Here columns are filtered, by F(m, kernel height): a
// piece is m rows of the output, and its transforms are sums of whole rows. The products have their lanes along the
// columns, or along the output channels.
namespace CTCNN_DETAIL::kernels::conv2d {

/// SingleWinogradPlan: what both forms have in common.
template <Conv2dGeometry G, typename In, typename Out, typename T>
struct SingleWinogradPlan {
    static constexpr Extent kernel = G.window.kernel;
    static constexpr std::size_t rows = Out::height + kernel.height - 1;  // of the input, as far as the kernel sees it
    static constexpr std::size_t columns = Out::width + kernel.width - 1;
    static constexpr std::size_t lanes = vector_bytes / sizeof(T);
    static constexpr bool along_channels = has_wide_channels<G, Out, T>;

    static constexpr bool possible = G.window.stride == Extent{1, 1} && G.window.dilation == Extent{1, 1} &&
                                     G.groups == 1 && kernel.width >= 2 && kernel.height >= 2 &&
                                     kernel.height < winograd::most_points &&
                                     (along_channels || lanes_within<T>(Out::width) > 1);

    static constexpr std::size_t outputs_of(std::size_t n) { return winograd::outputs_of(n, kernel.height); }
    static constexpr std::size_t pieces_of(std::size_t n) { return (Out::height + outputs_of(n) - 1) / outputs_of(n); }
    static constexpr std::size_t vectors_of(std::size_t numbers) { return (numbers + lanes - 1) / lanes; }

    /// The vectors of a row of the output, all channels.
    static constexpr std::size_t row_vectors =
        along_channels ? Out::width * vectors_of(G.out_channels) : G.out_channels * vectors_of(Out::width);

    /// What filtering costs with n points, in vector instructions of which two are begun in a cycle; what passes
    /// through memory counts twice.
    static constexpr std::size_t cost(std::size_t n) {
        const std::size_t pairs = n / 2 - 1;
        const std::size_t taps = G.in_channels * kernel.width;
        const std::size_t collect = pairs * (outputs_of(n) + 2);
        const std::size_t inputs = pieces_of(n) * G.in_channels * vectors_of(columns) * 2 * pairs * n;
        const std::size_t weights = 2 * taps * vectors_of(G.out_channels) * n * kernel.height / 2;
        return pieces_of(n) * row_vectors * (taps * n + 2 * collect) + inputs + weights;
    }
    static constexpr std::size_t direct_cost = G.in_channels * G.taps() * Out::height * row_vectors;

    static constexpr std::size_t count =
        winograd::cheapest_points(kernel.height, [](std::size_t n) { return cost(n); });
    using Points = winograd::Points<count>;
    static constexpr std::size_t outputs = outputs_of(count);
    static constexpr std::size_t pieces = pieces_of(count);

    /// A row of the input at a point, as whole vectors. The weights and the input at the points and the products of a
    /// piece lie on the stack; along channels also the weights before that, and the rows of a piece.
    static constexpr std::size_t row = vectors_of(columns) * lanes;
    static constexpr std::size_t weight_numbers = count * G.in_channels * kernel.width * G.out_channels;
    using Input = Layout<G.in_channels, 1, row>;
    using Products = Layout<G.out_channels, 1, Out::width>;
    static constexpr std::size_t input_numbers = count * pieces * Input::size;
    static constexpr std::size_t product_numbers = count * Products::size;
    static constexpr std::size_t more_numbers =
        along_channels ? G.weights() + outputs * G.out_channels * Out::width : 0;

    /// At a point, a piece is a convolution with a row of the kernel.
    static constexpr Conv2dGeometry at_point{G.in_channels, G.out_channels, 1, {.kernel = {1, kernel.width}}};

    static constexpr std::size_t stack_numbers = input_numbers + weight_numbers + product_numbers + more_numbers;

    /// Whether it pays, and little lies on the stack.
    static constexpr bool pays =
        possible && 100 * direct_cost > 115 * cost(count) && stack_numbers * sizeof(T) <= largest_stack_bytes;
};

/// The input (Ci, Hi, Wi) -> (pieces, points, Ci, row). All pieces are transformed before the first product: a read
/// that begins inside a vector that was just stored waits until that store has reached the cache.
template <typename Plan, Conv2dGeometry G, typename In, typename T>
[[gnu::noinline]] void single_input(const T* input, T* transformed) {
    using V = Lanes<T, lanes_within<T>(Plan::columns)>;
    constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width;
    for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
        const std::size_t first_row = piece * Plan::outputs;
        for (std::size_t i = 0; i < G.in_channels; ++i) {
            for (std::size_t vector = 0; vector < Plan::columns; vector += V::count) {
                const std::size_t column = std::min(vector, Plan::columns - V::count);
                const T* pixel = input + corner + i * In::plane + first_row * In::row + column;
                V x[Plan::count];
                unroll<Plan::count>([&](std::size_t n) __attribute__((always_inline)) {
                    x[n] = first_row + n < Plan::rows ? V::load(pixel + n * In::row) : V{};
                });
                V values[Plan::count];
                Plan::Points::points_of_inputs(x, values);
                unroll<Plan::count>([&](std::size_t p) __attribute__((always_inline)) {
                    values[p].store(transformed + (piece * Plan::count + p) * Plan::Input::size +
                                    Plan::Input::offset(i, 0, column));
                });
            }
        }
    }
}

/// Columns of the kernel that lie side by side, `row` numbers from a row of the kernel to the next -> the points,
/// `next` numbers from a point to the next.
template <typename Plan, typename V>
[[gnu::always_inline]] inline void single_weight(const scalar_t<V>* weight, std::size_t row, scalar_t<V>* transformed,
                                                 std::size_t next) {
    V taps[Plan::kernel.height];
    unroll<Plan::kernel.height>([&](std::size_t kh)
                                    __attribute__((always_inline)) { taps[kh] = V::load(weight + kh * row); });
    V values[Plan::count];
    Plan::Points::template evaluate<Plan::kernel.height>(taps, values);
    unroll<Plan::count>([&](std::size_t p) __attribute__((always_inline)) {
        const V scale = V::broadcast(static_cast<scalar_t<V>>(Plan::Points::scale[p]));
        (values[p] * scale).store(transformed + p * next);
    });
}

/// The rows of a piece from its products, `next` numbers from a point to the next.
template <typename Plan, typename V>
[[gnu::always_inline]] inline void single_output(const scalar_t<V>* products, std::size_t next, V* result) {
    V values[Plan::count];
    unroll<Plan::count>([&](std::size_t p)
                            __attribute__((always_inline)) { values[p] = V::load(products + p * next); });
    Plan::Points::template collect<Plan::outputs>(values, result);
}

/// forward_wide_channels by minimal filtering.
template <Conv2dGeometry G, typename In, typename Out, typename T, typename Bias>
void forward_wide_channels_winograd(const T* input, const T* weight, Bias bias, T* output) {
    using Plan = SingleWinogradPlan<G, In, Out, T>;
    using Input = typename Plan::Input;
    using V = Lanes<T>;
    constexpr std::size_t taps = G.in_channels * G.taps();
    constexpr std::size_t kernel_row = Plan::kernel.width * G.out_channels;
    constexpr std::size_t weight_step = G.in_channels * kernel_row;
    constexpr std::size_t row = Out::width * G.out_channels;
    using Tile = WideChannelsTile<Plan::at_point, 1, Out::width, T>;

    alignas(alignment) T packed[taps * G.out_channels];
    alignas(alignment) T weights[Plan::weight_numbers];
    alignas(alignment) T inputs[Plan::input_numbers];
    alignas(alignment) T products[Plan::product_numbers];
    alignas(alignment) T pixels[Plan::outputs * row];
    transpose_matrix<G.out_channels, taps>(weight, packed);
    for (std::size_t i = 0; i < G.in_channels; ++i) {
        for (std::size_t j = 0; j < kernel_row; j += V::count) {
            single_weight<Plan, V>(packed + i * G.taps() * G.out_channels + j, kernel_row, weights + i * kernel_row + j,
                                   weight_step);
        }
    }
    single_input<Plan, G, In>(input, inputs);
    for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
        for (std::size_t p = 0; p < Plan::count; ++p) {
            rows_wide_channels<1, Tile, Plan::at_point, Input, Out::width>(
                inputs + (piece * Plan::count + p) * Input::size, weights + p * weight_step, nullptr,
                products + p * row);
        }
        for (std::size_t j = 0; j < row; j += V::count) {
            V result[Plan::outputs];
            single_output<Plan>(products + j, row, result);
            V end{};
            if constexpr (!std::is_null_pointer_v<Bias>) {
                end = V::load(bias + j % G.out_channels);
            }
            unroll<Plan::outputs>([&](std::size_t n) __attribute__((always_inline)) {
                with_bias<Bias>(result[n], end).store(pixels + n * row + j);
            });
        }
        const std::size_t first_row = piece * Plan::outputs;
        for (std::size_t n = 0; n < std::min(Plan::outputs, Out::height - first_row); ++n) {
            turn_pixels<Out>(pixels + n * row, first_row + n, output);
        }
    }
}

/// forward_wide by minimal filtering.
template <Conv2dGeometry G, typename In, typename Out, typename T, typename Bias>
void forward_wide_winograd(const T* input, const T* weight, Bias bias, T* output) {
    using Plan = SingleWinogradPlan<G, In, Out, T>;
    using Input = typename Plan::Input;
    using Products = typename Plan::Products;
    using Taps = Lanes<T, lanes_within<T>(Plan::kernel.width)>;
    using V = Lanes<T, lanes_within<T>(Out::width)>;
    constexpr std::size_t width = Plan::kernel.width;
    constexpr std::size_t weight_step = G.out_channels * G.in_channels * width;

    alignas(alignment) T weights[Plan::weight_numbers];
    alignas(alignment) T inputs[Plan::input_numbers];
    alignas(alignment) T products[Plan::product_numbers];
    for (std::size_t kernel = 0; kernel < G.out_channels * G.in_channels; ++kernel) {
        for (std::size_t vector = 0; vector < width; vector += Taps::count) {
            const std::size_t kw = std::min(vector, width - Taps::count);
            single_weight<Plan, Taps>(weight + kernel * G.taps() + kw, width, weights + kernel * width + kw,
                                      weight_step);
        }
    }
    single_input<Plan, G, In>(input, inputs);
    for (std::size_t piece = 0; piece < Plan::pieces; ++piece) {
        for (std::size_t p = 0; p < Plan::count; ++p) {
            forward_wide<Plan::at_point, Input, Products>(inputs + (piece * Plan::count + p) * Input::size,
                                                          weights + p * weight_step, nullptr,
                                                          products + p * Products::size);
        }
        const std::size_t first_row = piece * Plan::outputs;
        for (std::size_t o = 0; o < G.out_channels; ++o) {
            const V end = bias_of<V>(bias, o);
            for (std::size_t vector = 0; vector < Out::width; vector += V::count) {
                const std::size_t w = std::min(vector, Out::width - V::count);
                V result[Plan::outputs];
                single_output<Plan>(products + Products::offset(o, 0, w), Products::size, result);
                unroll<Plan::outputs>([&](std::size_t n) __attribute__((always_inline)) {
                    if (first_row + n < Out::height) {
                        with_bias<Bias>(result[n], end).store(output + Out::offset(o, first_row + n, w));
                    }
                });
            }
        }
    }
}

}  // namespace CTCNN_DETAIL::kernels::conv2d

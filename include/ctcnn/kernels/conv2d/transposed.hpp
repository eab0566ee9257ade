// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// TransposedPlan: the gradient of the weights with its lanes along the input channels, as in PointwisePlan, for
/// kernels of several taps. Some rows of the output at a time: the pixels of the input that they see are transposed,
/// (channels) of `lanes` images -> (pixels, images, channels), in panels of few vectors. All taps and all output
/// channels then pass by: products of a gradient, in all lanes, and a pixel's channels, for some taps side by side.
template <typename Stage>
struct TransposedPlan {
    static constexpr const Conv2dGeometry& geometry = Stage::geometry;
    static constexpr const Window& window = Stage::geometry.window;
    using Out = typename Stage::Out;

    static constexpr std::size_t lanes = lane_count<typename Stage::V>;
    /// Rows of a pixel: images, or pairs of images.
    static constexpr std::size_t images = lanes / terms<typename Stage::Factor>;
    static constexpr std::size_t vectors = (geometry.in_channels + lanes - 1) / lanes;
    static constexpr std::size_t panel = equal_portion(vectors, 4);
    static constexpr std::size_t panels = (vectors + panel - 1) / panel;
    static constexpr std::size_t taps = equal_portion(window.kernel.width, panel == 1 ? 4 : 1);  // side by side
    static constexpr std::size_t channels = choose_rows(geometry.out_channels, panel* taps);

    static constexpr std::size_t row =
        (Out::width - 1) * window.stride.width + span_of(window.kernel.width, window.dilation.width);  // pixels
    static constexpr std::size_t input_rows(std::size_t count) {
        return (count - 1) * window.stride.height + span_of(window.kernel.height, window.dilation.height);
    }
    /// The transposed pixels of some rows stay in the L2 cache.
    static constexpr std::size_t most_rows = [] {
        const std::size_t most = 8 * near_bytes / (row * images * vectors * sizeof(typename Stage::V));
        std::size_t count = 1;
        while (count < Out::height && input_rows(count + 1) <= most) {
            ++count;
        }
        return count;
    }();
    static constexpr std::size_t rows = equal_portion(Out::height, most_rows);
    static constexpr std::size_t panel_size = input_rows(rows) * row * images * panel;
    /// The sums, (taps, Co, vectors).
    static constexpr std::size_t sums = geometry.taps() * geometry.out_channels * vectors;
    static constexpr std::size_t size = panels * panel_size + sums;

    /// In half cycles, as PointwisePlan; reading and writing a sum takes eight cycles. The direct way sums the lanes
    /// for each weight and each portion of its rows, which takes six.
    static constexpr std::size_t portions = (Out::height + rows - 1) / rows;
    static constexpr std::size_t cost =
        Out::height * Out::width * images * panels * window.kernel.height *
            half_cycles(geometry.out_channels, window.kernel.width* panel, {channels, panel* taps}) +
        portions * (input_rows(rows) * row * vectors * lanes * 2 * std::bit_width(lanes) + 16 * sums);
    static constexpr RegisterTile direct = [] {
        const std::size_t columns = std::min<std::size_t>(window.kernel.width, 7);
        return RegisterTile{choose_rows(geometry.out_channels, columns), columns};
    }();
    static constexpr std::size_t direct_portion =
        portion_size(Out::height, direct.rows* Out::row * sizeof(typename Stage::V));
    static constexpr std::size_t direct_cost =
        Out::height * Out::width * geometry.in_channels * window.kernel.height *
            half_cycles(geometry.out_channels, window.kernel.width, direct) +
        12 * geometry.weights() * ((Out::height + direct_portion - 1) / direct_portion);
    static constexpr bool pays = 100 * direct_cost > 110 * cost;
};

/// Pixels of rows of the input, from the row `first` below the corner on: transposed to (panels, pixels, images,
/// panel).
template <typename Stage>
[[gnu::noinline]] void transpose_pixels(const typename Stage::V* input, std::size_t first, std::size_t rows,
                                        typename Stage::V* panels) {
    using In = typename Stage::In;
    using V = typename Stage::V;
    using Plan = TransposedPlan<Stage>;
    for (std::size_t h = 0; h < rows; ++h) {
        for (std::size_t w = 0; w < Plan::row; ++w) {
            for (std::size_t vector = 0; vector < Plan::vectors; ++vector) {
                V* place = panels + vector / Plan::panel * Plan::panel_size +
                           (h * Plan::row + w) * Plan::images * Plan::panel + vector % Plan::panel;
                transpose_channels<typename Stage::Factor>(
                    input + Stage::corner + vector * Plan::lanes * In::plane + (first + h) * In::row + w, In::plane,
                    Stage::geometry.in_channels - vector * Plan::lanes, reinterpret_cast<typename Stage::T*>(place),
                    Plan::panel * lane_count<V>);
            }
        }
    }
}

/// The sums (taps, Co, vectors) of some output channels as weights (Co, Ci, Kh, Kw).
template <Conv2dGeometry G, Number V>
[[gnu::noinline]] void store_transposed(const V* sums, bool add, scalar_t<V>* grad_weight, Range channels) {
    constexpr std::size_t lanes = lane_count<V>;
    constexpr std::size_t vectors = (G.in_channels + lanes - 1) / lanes;
    for (std::size_t o = channels.first; o < channels.last; ++o) {
        for (std::size_t vector = 0; vector < vectors; ++vector) {
            V columns[G.taps()];
            for (std::size_t k = 0; k < G.taps(); ++k) {
                columns[k] = sums[(k * G.out_channels + o) * vectors + vector];
            }
            scalar_t<V> rows[lanes * G.taps()];
            store_columns<G.taps()>(columns, rows);
            scalar_t<V>* target = grad_weight + G.weight(o, vector * lanes, 0, 0);
            for (std::size_t n = 0; n < std::min(lanes, G.in_channels - vector * lanes) * G.taps(); ++n) {
                target[n] = add ? target[n] + rows[n] : rows[n];
            }
        }
    }
}

/// The gradient of the weights over some rows of the output. Where Factors are pairs, the gradients are pairs of
/// neighbouring images. The members of a crew take different outputs; each transposes all pixels for itself.
template <typename Stage, typename Crew = OneThread>
void transposed_backward_weight(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                typename Stage::T* grad_weight, typename Stage::V* scratch,
                                Range range = {0, Stage::Out::height}, Crew crew = {}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    using Factor = typename Stage::Factor;
    using Plan = TransposedPlan<Stage>;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    constexpr std::size_t images = Plan::images;
    V* sums = scratch + Plan::panels * Plan::panel_size;
    for (std::size_t from = range.first; from < range.last; from += Plan::rows) {
        const std::size_t to = std::min(range.last, from + Plan::rows);
        transpose_pixels<Stage>(input, from * G.window.stride.height, Plan::input_rows(to - from), scratch);
        for_each_piece<Plan::vectors, Plan::panel>([&](std::size_t vector, auto size) {
            constexpr std::size_t P = decltype(size)::value;
            const V* panel = scratch + vector / Plan::panel * Plan::panel_size;
            for (std::size_t kh = 0; kh < G.window.kernel.height; ++kh) {
                const Range present = outputs_inside<G, In, Out>(kh);
                for_each_piece<G.window.kernel.width, Plan::taps>([&](std::size_t kw, auto taps) {
                    constexpr std::size_t N = P * decltype(taps)::value;
                    for_each_piece<G.out_channels, Plan::channels>([&](std::size_t o, auto channels) {
                        if (!crew.takes(o / Plan::channels)) {
                            return;
                        }
                        constexpr std::size_t M = decltype(channels)::value;
                        V sum[M * N];
                        clear_tile(sum, indices<M * N>);
                        for (std::size_t h = std::max(from, present.first); h < std::min(to, present.last); ++h) {
                            for (std::size_t w = 0; w < Out::width; ++w) {
                                const std::size_t pixel =
                                    ((h - from) * G.window.stride.height + kh * G.window.dilation.height) * Plan::row +
                                    w * G.window.stride.width + kw * G.window.dilation.width;
                                const V* x = panel + pixel * images * Plan::panel;
                                const T* gradient =
                                    reinterpret_cast<const T*>(grad_output) + Out::offset(o, h, w) * images;
#pragma GCC unroll 1
                                for (std::size_t image = 0; image < images; ++image) {
                                    const T* g = forget_origin(gradient + image);
                                    add_outer_product<M, N>(
                                        sum,
                                        [&](std::size_t m) __attribute__((always_inline)) {
                                            return broadcast_factor<Factor>(g[m * Out::plane * images]);
                                        },
                                        [&](std::size_t n) __attribute__((always_inline)) {
                                            return factor_in<Factor>(
                                                x[n / P * G.window.dilation.width * images * Plan::panel + n % P]);
                                        });
                                    x += Plan::panel;
                                }
                            }
                        }
                        unroll<M>([&](std::size_t m) __attribute__((always_inline)) {
                            unroll<N>([&](std::size_t n) __attribute__((always_inline)) {
                                const std::size_t tap = kh * G.window.kernel.width + kw + n / P;
                                V& target = sums[(tap * G.out_channels + o + m) * Plan::vectors + vector + n % P];
                                target = from == range.first ? sum[m * N + n] : target + sum[m * N + n];
                            });
                        });
                    });
                });
            }
        });
    }
    if (range.first != range.last) {
        for_each_piece<G.out_channels, Plan::channels>([&](std::size_t o, auto channels) {
            if (crew.takes(o / Plan::channels)) {
                store_transposed<G>(sums, add, grad_weight, Range{o, o + decltype(channels)::value});
            }
        });
    }
}

/// Transposed: the gradient of the parameters of convolutions of tiles of images with several taps, of any stride and
/// dilation.
struct Transposed : Way {
    static constexpr const char* name = "transposed";
    template <typename Stage>
    using Plan = TransposedPlan<Stage>;

    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction direction) { return direction == Direction::backward_parameters; }
    template <typename Stage>
    static constexpr bool possible =
        is_lanes<typename Stage::V> && Stage::geometry.taps() >= 2 && Stage::geometry.groups == 1;
    /// The weights are stored by shuffles of a vector for each tap.
    static constexpr std::size_t most_taps = 25;
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return Stage::geometry.taps() <= most_taps && Plan<Stage>::pays;
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::size;

    template <typename Stage, typename Crew = OneThread>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch, Crew crew = {}) {
        constexpr Range all{0, Stage::Out::height};
        transposed_backward_weight<Stage>(input, grad_output, add, grad_weight, scratch, all, crew);
        backward_bias<Stage>(grad_output, add, grad_bias, crew);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

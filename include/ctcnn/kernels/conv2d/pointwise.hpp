// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/crew.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/kernels/conv2d/direct_backward.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/conv2d/stage.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/transpose_channels.hpp>
#include <ctcnn/kernels/unroll.hpp>

namespace CTCNN_DETAIL::kernels::conv2d {

/// PointwisePlan: the gradient of the weights of a 1x1 convolution with its lanes along the input channels: no lanes
/// are summed, and each element that is read serves many products. For that, some pixels of the input at a time are
/// transposed: (channels) of `lanes` images -> (images, channels), in panels of few vectors, which stay near while the
/// gradients of all outputs pass by.
template <Conv2dGeometry G, typename Factor>
struct PointwisePlan {
    using V = sum_t<Factor>;
    static constexpr std::size_t lanes = lane_count<V>;
    /// Rows of a pixel: images, or pairs of images.
    static constexpr std::size_t images = lanes / terms<Factor>;
    static constexpr std::size_t vectors = (G.in_channels + lanes - 1) / lanes;
    static constexpr std::size_t panel = equal_portion(vectors, 4);
    static constexpr std::size_t panels = (vectors + panel - 1) / panel;
    static constexpr std::size_t channels = choose_rows(G.out_channels, panel);
    static constexpr std::size_t pixels = std::max<std::size_t>(1, near_bytes / (panel * images * sizeof(V)));
    static constexpr std::size_t panel_size = pixels * images * panel;

    /// In half cycles a pixel. Transposing takes log2(lanes) shuffles for a vector, one begun in a cycle, and as many
    /// loads and stores; the direct way has a load for each product.
    static constexpr std::size_t cost = vectors * lanes * (G.out_channels + 2 * std::bit_width(lanes));
    static constexpr std::size_t direct_cost = 2 * G.in_channels * G.out_channels;
    static constexpr bool pays = 100 * direct_cost > 115 * cost;
};

/// The gradient of the weights. Where Factors are pairs, the gradients are pairs of neighbouring images. The members of
/// a crew take different outputs; each transposes all pixels for itself.
template <typename Stage, typename Crew = OneThread>
void pointwise_backward_weight(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                               typename Stage::T* grad_weight, typename Stage::V* scratch, Crew crew = {}) {
    using In = typename Stage::In;
    using Out = typename Stage::Out;
    using V = typename Stage::V;
    using T = typename Stage::T;
    constexpr const Conv2dGeometry& G = Stage::geometry;
    using Factor = typename Stage::Factor;
    using Plan = PointwisePlan<G, Factor>;
    constexpr std::size_t lanes = Plan::lanes;
    constexpr std::size_t images = Plan::images;
    for (std::size_t from = 0; from < Out::height * Out::width; from += Plan::pixels) {
        const std::size_t count = std::min(Plan::pixels, Out::height * Out::width - from);
        for (std::size_t pixel = 0; pixel < count; ++pixel) {
            const std::size_t h = (from + pixel) / Out::width * G.window.stride.height;
            const std::size_t w = (from + pixel) % Out::width * G.window.stride.width;
            for (std::size_t vector = 0; vector < Plan::vectors; ++vector) {
                V* place = scratch + vector / Plan::panel * Plan::panel_size + pixel * images * Plan::panel +
                           vector % Plan::panel;
                transpose_channels<Factor>(input + In::offset(vector * lanes, h, w), In::plane,
                                           G.in_channels - vector * lanes, reinterpret_cast<T*>(place),
                                           Plan::panel * lanes);
            }
        }
        for_each_piece<Plan::vectors, Plan::panel>([&](std::size_t vector, auto columns) {
            constexpr std::size_t N = decltype(columns)::value;
            const V* panel = scratch + vector / Plan::panel * Plan::panel_size;
            for_each_piece<G.out_channels, Plan::channels>([&](std::size_t o, auto rows) {
                if (!crew.takes(o / Plan::channels)) {
                    return;
                }
                constexpr std::size_t M = decltype(rows)::value;
                V sum[M * N];
                clear_tile(sum, indices<M * N>);
                for (std::size_t pixel = 0; pixel < count; ++pixel) {
                    const std::size_t place = Out::offset(o, (from + pixel) / Out::width, (from + pixel) % Out::width);
                    const T* gradient = reinterpret_cast<const T*>(grad_output) + place * images;
                    const V* x = panel + pixel * images * Plan::panel;
#pragma GCC unroll 1
                    for (std::size_t image = 0; image < images; ++image) {
                        const T* g = forget_origin(gradient + image);
                        add_outer_product<M, N>(
                            sum,
                            [&](std::size_t m) __attribute__((always_inline)) {
                                return broadcast_factor<Factor>(g[m * Out::plane * images]);
                            },
                            [&](std::size_t n) __attribute__((always_inline)) { return factor_in<Factor>(x[n]); });
                        x += Plan::panel;
                    }
                }
                store_tile<M, N, V>(grad_weight + o * G.in_channels + vector * lanes, G.in_channels, sum,
                                    G.in_channels - vector * lanes, add || from != 0);
            });
        });
    }
}

/// Pointwise: the gradient of the parameters of 1x1 convolutions of tiles of images, of any stride.
struct Pointwise : Way {
    static constexpr const char* name = "pointwise";
    template <typename Stage>
    using Plan = PointwisePlan<Stage::geometry, typename Stage::Factor>;

    static constexpr bool shares(Direction) { return true; }
    static constexpr bool has(Direction direction) { return direction == Direction::backward_parameters; }
    template <typename Stage>
    static constexpr bool possible = is_lanes<typename Stage::V> && Stage::geometry.taps() == 1 &&
                                     Stage::geometry.groups == 1 && Stage::geometry.window.padding == Extent{0, 0};
    template <typename Stage>
    static constexpr bool profitable(Direction) {
        return Plan<Stage>::pays;
    }
    template <typename Stage>
    static constexpr std::size_t scratch_size = Plan<Stage>::panels * Plan<Stage>::panel_size;

    template <typename Stage, typename Crew = OneThread>
    static void backward_parameters(const typename Stage::V* input, const typename Stage::V* grad_output, bool add,
                                    typename Stage::T* grad_weight, typename Stage::T* grad_bias,
                                    typename Stage::V* scratch, Crew crew = {}) {
        pointwise_backward_weight<Stage>(input, grad_output, add, grad_weight, scratch, crew);
        backward_bias<Stage>(grad_output, add, grad_bias, crew);
    }
};

}  // namespace CTCNN_DETAIL::kernels::conv2d

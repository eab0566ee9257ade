// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include <ctcnn/core/options.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/winograd.hpp>

namespace CTCNN_DETAIL::kernels::prepared {

/// WinogradPairs: the pairs of N points. The constants of the transforms are sums of a few powers of 2, and so exact.
/// With 6 points, errors are those of direct sums; with {1, 2}, they are twice as large, the largest ones six times.
template <std::size_t N>
struct WinogradPairs {
    static constexpr std::array<double, 3> values =
        N == 4 ? std::array<double, 3>{1} : std::array<double, 3>{0.6875, 1.5};
};

/// WinogradTile: a piece of the output on which the filters of both axes end at once, F(m, kernel) on each. On an axis
/// with a kernel of 3, m is Outputs, with a kernel of 5 it is 2: more would need points whose errors are larger.
template <Conv2dGeometry G, std::size_t Outputs>
struct WinogradTile {
    static constexpr Extent kernel = G.window.kernel;
    static constexpr std::size_t outputs_of(std::size_t size) { return size == 3 ? Outputs : 2; }
    static constexpr Extent outputs{outputs_of(kernel.height), outputs_of(kernel.width)};
    static constexpr Extent points{outputs.height + kernel.height - 1, outputs.width + kernel.width - 1};
    static constexpr std::size_t point_count = points.height * points.width;

    template <std::size_t Count>
    using PointsOf = winograd::Points<Count, WinogradPairs<Count>>;
    using Vertical = PointsOf<points.height>;
    using Horizontal = PointsOf<points.width>;

    /// How many tiles cover an output.
    static constexpr Extent tiles(Extent image) {
        return {(image.height + outputs.height - 1) / outputs.height,
                (image.width + outputs.width - 1) / outputs.width};
    }
    /// How many rows and columns of the input so many tiles read.
    static constexpr Extent reach(Extent tiles) {
        return {tiles.height * outputs.height + G.window.kernel.height - 1,
                tiles.width * outputs.width + G.window.kernel.width - 1};
    }
};

/// WinogradPlan: whether minimal filtering is possible for a convolution of an image of Height x Width in blocks of
/// Count channels, how many rows and columns it reads beyond the padding, and what it costs.
template <Conv2dGeometry G, std::size_t Height, std::size_t Width, std::size_t Count>
struct WinogradPlan {
    static constexpr bool is_filtered(std::size_t kernel) { return kernel == 3 || kernel == 5; }
    static constexpr bool possible = is_filtered(G.window.kernel.height) && is_filtered(G.window.kernel.width) &&
                                     G.window.stride == Extent{1, 1} && G.window.dilation == Extent{1, 1} &&
                                     G.groups == 1 && fits(G.window, Height, Width);
    static constexpr Extent image = possible ? output_extent(G.window, Height, Width) : Extent{1, 1};

    /// Estimated cycles of a core that begins one vector multiply-add a cycle, measured on a Zen 4 with vectors of 16
    /// channels, where the estimates are right within 5 percent. The transforms of F(4x4, 3x3) take 200 and 150 cycles
    /// for a tile and a vector of channels, those of F(2x2, 3x3) 66 and 49; those of others are in proportion to their
    /// points. Weights come at 27 bytes a cycle, and at 8 where they are larger than half of an L3 cache of 32 MiB.
    template <std::size_t Outputs>
    static constexpr std::size_t cost_of = [] {
        using Tile = WinogradTile<G, Outputs>;
        constexpr Extent tiles = Tile::tiles(image);
        constexpr std::size_t tile_count = tiles.height * tiles.width;
        constexpr std::size_t in_blocks = (G.in_channels + Count - 1) / Count;
        constexpr std::size_t out_blocks = (G.out_channels + Count - 1) / Count;
        constexpr std::size_t input_cycles = Tile::point_count * (Tile::point_count == 16 ? 66 : 89) / 16;
        constexpr std::size_t output_cycles = Tile::point_count * (Tile::point_count == 16 ? 49 : 67) / 16;
        constexpr std::size_t weights = Tile::point_count * G.in_channels * out_blocks;  // vectors
        constexpr std::size_t weight_bytes = weights * Count * sizeof(float);
        constexpr std::size_t products = weights * tile_count;
        constexpr std::size_t bytes_a_cycle = weight_bytes > 16 * 1024 * 1024 ? 8 : 27;
        return tile_count * (in_blocks * input_cycles + out_blocks * output_cycles) +
               std::max(products, weight_bytes / bytes_a_cycle);
    }();

    /// The outputs of a tile on an axis with a kernel of 3.
    static constexpr std::size_t outputs = cost_of<2> < cost_of<4> ? 2 : 4;
    static constexpr std::size_t cost = cost_of<outputs>;

    static constexpr Extent reach = WinogradTile<G, outputs>::reach(WinogradTile<G, outputs>::tiles(image));
    static constexpr std::size_t beyond(std::size_t read, std::size_t size, std::size_t padding) {
        return read > size + 2 * padding ? read - size - 2 * padding : 0;
    }
    static constexpr Extent more{beyond(reach.height, Height, G.window.padding.height),
                                 beyond(reach.width, Width, G.window.padding.width)};
};

/// WinogradBlocks: how the products at the points are computed: so many rows of tiles at a time, in register blocks of
/// tiles x vectors of outputs.
struct WinogradBlocks {
    std::size_t rows = 0;
    std::size_t tiles = 0;
    std::size_t vectors = 0;
};

/// Whether the sums of a register block, the shorter side of their outer product, a number that passes by, and a
/// product where the processor cannot fuse it with the addition, fit into the registers.
consteval bool is_held(std::size_t tiles, std::size_t vectors) {
    return tiles * vectors + std::min(tiles, vectors) + (vector_bytes < 32 ? 2 : 1) <= vector_registers;
}

/// With how many tiles and so many vectors a register block computes `total` tiles in the fewest cycles.
consteval std::size_t tiles_of_block(std::size_t total, std::size_t vectors) {
    std::size_t best = 1;
    for (std::size_t tiles = 2; tiles <= std::min<std::size_t>(total, 12); ++tiles) {
        if (is_held(tiles, vectors) &&
            half_cycles(total, vectors, {tiles, vectors}) <= half_cycles(total, vectors, {best, vectors})) {
            best = tiles;
        }
    }
    return best;
}

/// The blocks with the fewest cycles, and of equal ones those that load least. The inputs and sums of the rows take
/// that part of a usual L2 cache that leaves room for weights; a tile is so many bytes of inputs and for each vector
/// of outputs so many of sums. A few tiles are computed at once in any case, or weights would come too slowly.
consteval WinogradBlocks choose_blocks(Extent tiles, std::size_t vectors, std::size_t input_bytes,
                                       std::size_t sum_bytes) {
    WinogradBlocks best;
    std::size_t best_cost = 0;
    for (std::size_t rows = 1; rows <= tiles.height; ++rows) {
        const std::size_t total = rows * tiles.width;
        for (std::size_t n = 1; n <= std::min<std::size_t>(vectors, 8) && tiles.height % rows == 0; ++n) {
            if (rows > 1 && total > 8 && total * (input_bytes + n * sum_bytes) > 256 * 1024) {
                break;
            }
            const std::size_t t = tiles_of_block(total, n);
            const std::size_t cost = tiles.height / rows * half_cycles(total, vectors, {t, n});
            const bool loads_less = (t + n) * best.tiles * best.vectors <= (best.tiles + best.vectors) * t * n;
            if (is_held(t, n) && (best.rows == 0 || cost < best_cost || (cost == best_cost && loads_less))) {
                best = {rows, t, n};
                best_cost = cost;
            }
        }
    }
    return best;
}

}  // namespace CTCNN_DETAIL::kernels::prepared

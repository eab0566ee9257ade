// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/activation.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>
#include <ctcnn/kernels/winograd.hpp>

// Convolution of one image by minimal filtering on both axes, with weights that were transformed once: F(4x4, 3x3)
// takes 36 multiplications for 16 outputs instead of 144. The lanes are channels.
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
    static constexpr std::size_t outputs_of(std::size_t kernel) { return kernel == 3 ? Outputs : 2; }
    static constexpr Extent outputs{outputs_of(G.window.kernel.height), outputs_of(G.window.kernel.width)};
    static constexpr Extent points{outputs.height + G.window.kernel.height - 1,
                                   outputs.width + G.window.kernel.width - 1};
    static constexpr std::size_t point_count = points.height * points.width;

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

/// Winograd2d: a convolution by minimal filtering. Tiles of the input go to the points, where a convolution is a
/// product of matrices, tiles x input channels and input channels x output channels, and sums at the points go to tiles
/// of the output. A few rows of tiles go through all of it at a time.
/// Packed    weights (blocks of outputs, points, Ci, outputs of a block), biases (blocks of Out, Count), and if channels
///           do not fill the last block, ones for channels and zeros for what fills it up
/// Scratch   inputs (points, tiles, Ci), sums (points, tiles, outputs of a block), a row of tiles (points of the
///           vertical axis, columns)
template <Conv2dGeometry G, typename S, Pooling P = Pooling::none,
          std::size_t Outputs = WinogradPlan<G, S::In::height, S::In::width, S::V::count>::outputs>
class Winograd2d {
    using In = typename S::In;
    using Out = typename S::Out;
    using V = typename S::V;
    using Tile = WinogradTile<G, Outputs>;

public:
    using T = typename S::T;

private:
    using Function = typename S::Function;
    static constexpr std::size_t count = V::count;
    static constexpr std::size_t pool = P == Pooling::none ? 1 : 2;
    static constexpr Extent kernel = G.window.kernel;
    static constexpr Extent outputs = Tile::outputs;
    static constexpr Extent points = Tile::points;
    static constexpr std::size_t point_count = Tile::point_count;
    static constexpr Extent tiles = Tile::tiles({Out::height * pool, Out::width* pool});
    static constexpr Extent reach = Tile::reach(tiles);

    static_assert(WinogradPlan<G, In::height, In::width, count>::possible);
    static_assert(is_blocked<In> && In::count == count && In::channels == G.in_channels);
    static_assert(is_blocked<Out> && Out::count == count && Out::channels == G.out_channels);
    static_assert(In::border.height >= G.window.padding.height && In::border.width >= G.window.padding.width);
    static_assert(In::border.height - G.window.padding.height + reach.height <= In::rows &&
                      (In::border.width - G.window.padding.width + reach.width) * count <= In::row,
                  "the border of the input has the rows and columns that the plan says");

    template <std::size_t Count>
    using PointsOf = winograd::Points<Count, WinogradPairs<Count>>;
    using Vertical = PointsOf<points.height>;
    using Horizontal = PointsOf<points.width>;

    /// A multiple of set_period would bring what lies at all points into one set of the cache.
    static constexpr std::size_t apart(std::size_t elements) {
        return elements * sizeof(T) % set_period == 0 ? elements + count : elements;
    }

    static constexpr std::size_t input_row = In::blocks * count;  // elements from tile to tile, at a point
    static constexpr WinogradBlocks blocks =
        choose_blocks(tiles, Out::blocks, point_count * sizeof(T) * input_row, point_count * sizeof(V));
    static constexpr std::size_t tile_count = blocks.rows * tiles.width;  // of the rows of tiles of one pass

    static constexpr std::size_t input_point = apart(tile_count * input_row);  // elements from point to point
    template <std::size_t N>
    static constexpr std::size_t sum_point = apart(tile_count * N * count);
    static constexpr std::size_t column_row = apart(reach.width * count);
    static constexpr std::size_t inputs_size = point_count * input_point;
    static constexpr std::size_t sums_size = point_count * sum_point<blocks.vectors>;

    static constexpr bool has_rest = Out::channels % count != 0;
    static constexpr std::size_t padded = Out::blocks * count;
    static constexpr std::size_t weights_size = point_count * G.in_channels * padded;

public:
    static constexpr std::size_t packed_size = weights_size + (has_rest ? 2 : 1) * padded;
    static constexpr std::size_t scratch_size = inputs_size + sums_size + points.height * column_row;

    static void pack(const T* weight, const T* bias, T* packed) {
        for_each_piece<Out::blocks, blocks.vectors>([&](std::size_t block, auto vectors) {
            constexpr std::size_t row = decltype(vectors)::value * count;
            T* target = packed + block * count * point_count * G.in_channels;
            for (std::size_t i = 0; i < G.in_channels; ++i) {
                for (std::size_t j = 0; j < row; ++j) {
                    std::array<double, point_count> values{};
                    if (block * count + j < G.out_channels) {
                        transform_weight(weight + G.weight(block * count + j, i, 0, 0), values);
                    }
                    for (std::size_t p = 0; p < point_count; ++p) {
                        target[(p * G.in_channels + i) * row + j] = static_cast<T>(values[p]);
                    }
                }
            }
        });
        for (std::size_t o = 0; o < padded; ++o) {
            packed[weights_size + o] = o < G.out_channels && bias != nullptr ? bias[o] : T(0);
            if constexpr (has_rest) {
                packed[weights_size + padded + o] = o < G.out_channels ? T(1) : T(0);
            }
        }
    }

    static void forward(const T* packed, const T* input, T* output, T* scratch) {
        T* inputs = scratch;
        T* sums = inputs + inputs_size;
        T* columns = sums + sums_size;
        for (std::size_t row = 0; row < tiles.height; row += blocks.rows) {
            for (std::size_t r = 0; r < blocks.rows; ++r) {
                for (std::size_t block = 0; block < In::blocks; ++block) {
                    transform_inputs(input + block * In::plane + (row + r) * outputs.height * In::row, columns,
                                     inputs + r * tiles.width * input_row + block * count);
                }
            }
            for_each_piece<Out::blocks, blocks.vectors>([&](std::size_t block, auto vectors) {
                constexpr std::size_t N = decltype(vectors)::value;
                multiply<N>(inputs, packed + block * count * point_count * G.in_channels, sums);
                for (std::size_t r = 0; r < blocks.rows; ++r) {
                    transform_sums<N>(sums + r * tiles.width * N * count, packed + weights_size + block * count,
                                      row + r, output + Out::origin + block * Out::plane);
                }
            });
        }
    }

private:
    /// A filter at all points, with their scale, in double.
    static void transform_weight(const T* weight, std::array<double, point_count>& values) {
        std::array<double, kernel.height * points.width> rows{};
        for (std::size_t kh = 0; kh < kernel.height; ++kh) {
            std::array<double, kernel.width> taps{};
            for (std::size_t kw = 0; kw < kernel.width; ++kw) {
                taps[kw] = static_cast<double>(weight[kh * kernel.width + kw]);
            }
            Horizontal::template evaluate<kernel.width>(taps.data(), rows.data() + kh * points.width);
        }
        for (std::size_t w = 0; w < points.width; ++w) {
            std::array<double, kernel.height> taps{};
            for (std::size_t kh = 0; kh < kernel.height; ++kh) {
                taps[kh] = rows[kh * points.width + w];
            }
            std::array<double, points.height> column{};
            Vertical::template evaluate<kernel.height>(taps.data(), column.data());
            for (std::size_t h = 0; h < points.height; ++h) {
                values[h * points.width + w] = column[h] * Vertical::scale[h] * Horizontal::scale[w];
            }
        }
    }

    /// A block of channels of a row of tiles. Each column goes to the vertical points once, although two tiles read it.
    [[gnu::noinline]] static void transform_inputs(const T* input, T* columns, T* inputs) {
        constexpr std::size_t corner = In::origin - G.window.padding.height * In::row - G.window.padding.width * count;
        const T* pixel = input + corner;
        T* column = columns;
#pragma GCC unroll 1
        for (std::size_t w = 0; w < reach.width; ++w) {
            V x[points.height];
            unroll<points.height>([&](std::size_t h)
                                      __attribute__((always_inline)) { x[h] = V::load(pixel + h * In::row); });
            V values[points.height];
            Vertical::points_of_inputs(x, values);
            unroll<points.height>([&](std::size_t h)
                                      __attribute__((always_inline)) { values[h].store(column + h * column_row); });
            pixel = forget_origin(pixel + count);
            column = forget_origin(column + count);
        }
#pragma GCC unroll 1
        for (std::size_t h = 0; h < points.height; ++h) {
            const T* source = columns + h * column_row;
            T* target = inputs + h * points.width * input_point;
#pragma GCC unroll 1
            for (std::size_t tile = 0; tile < tiles.width; ++tile) {
                V x[points.width];
                unroll<points.width>([&](std::size_t w)
                                         __attribute__((always_inline)) { x[w] = V::load(source + w * count); });
                V values[points.width];
                Horizontal::points_of_inputs(x, values);
                unroll<points.width>([&](std::size_t w)
                                         __attribute__((always_inline)) { values[w].store(target + w * input_point); });
                source = forget_origin(source + outputs.width * count);
                target = forget_origin(target + input_row);
            }
        }
    }

    /// The sums of a block of outputs at all points.
    template <std::size_t N>
    static void multiply(const T* inputs, const T* weights, T* sums) {
        constexpr std::size_t most = N == blocks.vectors ? blocks.tiles : tiles_of_block(tile_count, N);
        for (std::size_t p = 0; p < point_count; ++p) {
            for_each_piece<tile_count, most>([&](std::size_t tile, auto size) {
                multiply_block<decltype(size)::value, N>(inputs + p * input_point + tile * input_row, weights,
                                                         sums + p * sum_point<N> + tile * N * count);
            });
            weights += G.in_channels * N * count;
        }
    }

    /// A register block. Not inlined: constants of what is around it would take registers.
    template <std::size_t Tiles, std::size_t N>
    [[gnu::noinline]] static void multiply_block(const T* inputs, const T* weights, T* sums) {
        V sum[Tiles * N];
        unroll<Tiles * N>([&](std::size_t j) __attribute__((always_inline)) { sum[j] = V{}; });
#pragma GCC unroll 1
        for (std::size_t i = 0; i < G.in_channels; ++i) {
            const auto input = [&](std::size_t t)
                                   __attribute__((always_inline)) { return V::broadcast(inputs[t * input_row]); };
            const auto weight = [&](std::size_t n)
                                    __attribute__((always_inline)) { return V::load(weights + n * count); };
            if constexpr (N == 1) {
                // Each input is used once, so that it is broadcast by the multiply-add where the processor can do that.
                V held = weight(0);
                hold_in_register(held);
                unroll<Tiles>([&](std::size_t t)
                                  __attribute__((always_inline)) { sum[t] = multiply_add(input(t), held, sum[t]); });
            } else {
                add_outer_product<Tiles, N>(sum, input, weight);
            }
            ++inputs;
            weights += N * count;
        }
        unroll<Tiles * N>([&](std::size_t j) __attribute__((always_inline)) { sum[j].store(sums + j * count); });
    }

    /// A row of tiles of the output, for a block of outputs.
    template <std::size_t N>
    [[gnu::noinline]] static void transform_sums(const T* sums, const T* biases, std::size_t row, T* output) {
        for (std::size_t tile = 0; tile < tiles.width; ++tile) {
            for (std::size_t n = 0; n < N; ++n) {
                transform_tile<N>(sums + (tile * N + n) * count, biases + n * count, row * (outputs.height / pool),
                                  tile * (outputs.width / pool), output + n * Out::plane);
            }
        }
    }

    /// A tile of one vector of channels, whose first pixel of the output is (h, w).
    template <std::size_t N>
    [[gnu::always_inline]] static void transform_tile(const T* sums, const T* biases, std::size_t h, std::size_t w,
                                                      T* output) {
        constexpr std::size_t row = pool * outputs.width;  // of the output, before pooling
        const auto finish = [&](std::size_t m, const V* pixels) __attribute__((always_inline)) {
            if (rows_end_with_tiles || h + m < Out::height) {
                finish_row(pixels, biases, w, output + (h + m) * Out::row + w * count);
            }
        };
        if constexpr (holds_tile) {
            V tile[outputs.height * outputs.width];
            collect_tile<N>(sums, tile);
            if constexpr (is_short) {
                unroll<outputs.height / pool>([&](std::size_t m)
                                                  __attribute__((always_inline)) { finish(m, tile + m * row); });
            } else {
                // The function is written out for a row, and not for all.
                alignas(alignment) T kept[outputs.height * outputs.width * count];
                unroll<outputs.height * outputs.width>(
                    [&](std::size_t j) __attribute__((always_inline)) { tile[j].store(kept + j * count); });
#pragma GCC unroll 1
                for (std::size_t m = 0; m < outputs.height / pool; ++m) {
                    const T* source = forget_origin(kept + m * row * count);
                    V pixels[row];
                    unroll<row>([&](std::size_t k)
                                    __attribute__((always_inline)) { pixels[k] = V::load(source + k * count); });
                    finish(m, pixels);
                }
            }
        } else {
            alignas(alignment) T rows[outputs.height * points.width * count];
#pragma GCC unroll 1
            for (std::size_t p = 0; p < points.width; ++p) {
                V result[outputs.height];
                collect_column<N>(forget_origin(sums + p * sum_point<N>), result);
                T* target = forget_origin(rows + p * count);
                unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) {
                    result[m].store(target + m * points.width * count);
                });
            }
#pragma GCC unroll 1
            for (std::size_t m = 0; m < outputs.height / pool; ++m) {
                V pixels[row];
                unroll<pool>([&](std::size_t k) __attribute__((always_inline)) {
                    const T* source = forget_origin(rows + (m * pool + k) * points.width * count);
                    V values[points.width];
                    unroll<points.width>(
                        [&](std::size_t p) __attribute__((always_inline)) { values[p] = V::load(source + p * count); });
                    Horizontal::template collect<outputs.width>(values, pixels + k * outputs.width);
                });
                finish(m, pixels);
            }
        }
    }

    /// The vertical points of one horizontal point -> a column of the tile.
    template <std::size_t N>
    [[gnu::always_inline]] static void collect_column(const T* sums, V* result) {
        V values[points.height];
        unroll<points.height>([&](std::size_t k) __attribute__((always_inline)) {
            values[k] = V::load(sums + k * points.width * sum_point<N>);
        });
        Vertical::template collect<outputs.height>(values, result);
    }

    /// Horizontal::collect of all rows at once: each column is added as it comes, so that the columns are not kept.
    template <std::size_t N>
    [[gnu::always_inline]] static void collect_tile(const T* sums, V* tile) {
        const auto at = [](std::size_t m, std::size_t k)
                            __attribute__((always_inline)) { return m * outputs.width + k; };
        unroll<Horizontal::pair_count>([&](std::size_t pair) __attribute__((always_inline)) {
            V plus[outputs.height];
            V minus[outputs.height];
            collect_column<N>(sums + (2 * pair + 2) * sum_point<N>, plus);
            collect_column<N>(sums + (2 * pair + 3) * sum_point<N>, minus);
            unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) {
                const V even = plus[m] + minus[m];
                const V odd = plus[m] - minus[m];
                unroll<outputs.width>([&](std::size_t k) __attribute__((always_inline)) {
                    const V power = broadcast<V>(static_cast<T>(winograd::power(Horizontal::pairs[pair], k)));
                    V& sum = tile[at(m, k)];
                    sum = pair == 0 ? power * (k % 2 == 0 ? even : odd)
                                    : multiply_add(power, k % 2 == 0 ? even : odd, sum);
                });
            });
        });
        V ends[outputs.height];
        collect_column<N>(sums, ends);
        unroll<outputs.height>([&](std::size_t m) __attribute__((always_inline)) { tile[at(m, 0)] += ends[m]; });
        collect_column<N>(sums + sum_point<N>, ends);
        unroll<outputs.height>([&](std::size_t m)
                                   __attribute__((always_inline)) { tile[at(m, outputs.width - 1)] += ends[m]; });
    }

    /// Bias, function, pooling and store of a row of a tile of the output, which begins in column w.
    [[gnu::always_inline]] static void finish_row(const V* pixels, const T* biases, std::size_t w, T* target) {
        const V bias = V::load(biases);
        V result[pool * outputs.width];
        unroll<pool * outputs.width>([&](std::size_t k) __attribute__((always_inline)) {
            result[k] = Function::forward(pixels[k] + bias);
            if constexpr (has_rest) {
                const V zero = broadcast<V>(0);
                result[k] = select_less(zero, V::load(biases + padded), result[k], zero);
            }
        });
        unroll<outputs.width / pool>([&](std::size_t k) __attribute__((always_inline)) {
            if (columns_end_with_tiles || w + k < Out::width) {
                if constexpr (P == Pooling::none) {
                    result[k].store(target + k * count);
                } else {
                    const V* window = result + 2 * k;
                    const V* below = window + outputs.width;
                    if constexpr (P == Pooling::max2x2) {
                        larger(larger(window[0], window[1]), larger(below[0], below[1])).store(target + k * count);
                    } else {
                        ((window[0] + window[1] + (below[0] + below[1])) * broadcast<V>(T(1) / 4))
                            .store(target + k * count);
                    }
                }
            }
        });
    }

    /// Whether a tile of the output is held in registers, with a column of points and two of the output.
    static constexpr bool holds_tile =
        outputs.height * outputs.width + points.height + 2 * outputs.height <= vector_registers;
    /// Whether the function takes so few instructions and constants that it is written out for each pixel of a tile.
    static constexpr bool is_short = std::is_same_v<Function, NoFunction> || std::is_same_v<Function, ReLU>;
    static constexpr bool rows_end_with_tiles = Out::height * pool % outputs.height == 0;
    static constexpr bool columns_end_with_tiles = Out::width * pool % outputs.width == 0;
};

}  // namespace CTCNN_DETAIL::kernels::prepared

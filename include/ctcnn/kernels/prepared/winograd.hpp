// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include <ctcnn/core/bf16.hpp>
#include <ctcnn/core/bf16_pairs.hpp>
#include <ctcnn/core/blocked.hpp>
#include <ctcnn/core/lanes.hpp>
#include <ctcnn/core/options.hpp>
#include <ctcnn/core/stage.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/core/window.hpp>
#include <ctcnn/kernels/conv2d/geometry.hpp>
#include <ctcnn/kernels/prepared/kernel.hpp>
#include <ctcnn/kernels/prepared/winograd_output.hpp>
#include <ctcnn/kernels/prepared/winograd_plan.hpp>
#include <ctcnn/kernels/register_tile.hpp>
#include <ctcnn/kernels/unroll.hpp>

// Convolution of one image by minimal filtering on both axes, with weights that were transformed once: F(4x4, 3x3)
// takes 36 multiplications for 16 outputs instead of 144. The lanes are channels.
namespace CTCNN_DETAIL::kernels::prepared {

/// A filter at all points, with their scale, in double.
template <typename Tile, typename T>
[[gnu::noinline]] constexpr void transform_weight(const T* weight, std::array<double, Tile::point_count>& values) {
    using Vertical = typename Tile::Vertical;
    using Horizontal = typename Tile::Horizontal;
    constexpr Extent kernel = Tile::kernel;
    constexpr Extent points = Tile::points;
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

/// Winograd2d: a convolution by minimal filtering. Tiles of the input go to the points, where a convolution is a
/// product of matrices, tiles x input channels and input channels x output channels, and sums at the points go to tiles
/// of the output. A few rows of tiles go through all of it at a time.
/// Where S::Weight is bf16 and the processor multiplies pairs of them, both matrices are rounded to bf16, at the
/// points; sums, and the transforms, are those of T.
/// Packed    weights (blocks of outputs, points, Ci or pairs of Ci, outputs of a block), biases (blocks of Out, Count),
///           and if channels do not fill the last block, ones for channels and zeros for what fills it up
/// Scratch   inputs (points, tiles, Ci or pairs of Ci), sums (points, tiles, outputs of a block), a row of tiles
///           (points of the vertical axis, columns)
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
    static constexpr std::size_t count = V::count;
    /// What is multiplied: elements, or pairs of bf16, each in the place of an element.
    static constexpr bool in_pairs = std::is_same_v<typename S::Weight, bf16> && Bf16Pairs<V>::exist;
    using Factor = std::conditional_t<in_pairs, Bf16Pairs<V>, V>;
    static constexpr std::size_t together = in_pairs ? 2 : 1;
    static_assert(count % together == 0);
    static constexpr std::size_t factors = (G.in_channels + together - 1) / together;  // of a sum at a point

    static constexpr std::size_t pool = P == Pooling::none ? 1 : 2;
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

    using Vertical = typename Tile::Vertical;
    using Horizontal = typename Tile::Horizontal;

    /// A multiple of set_period would bring what lies at all points into one set of the cache.
    static constexpr std::size_t apart(std::size_t elements) {
        return elements * sizeof(T) % set_period == 0 ? elements + count : elements;
    }

    static constexpr std::size_t input_row = In::blocks * count / together;  // elements from tile to tile, at a point
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
    using Output = WinogradOutput<S, Tile, P, has_rest>;

    static constexpr std::size_t weights_size = point_count * factors * padded;

public:
    static constexpr std::size_t packed_size = weights_size + (has_rest ? 2 : 1) * padded;
    static constexpr std::size_t scratch_size = inputs_size + sums_size + points.height * column_row;

    static constexpr void pack(const T* weight, const T* bias, T* packed) {
        for_each_piece<Out::blocks, blocks.vectors>([&](std::size_t block, auto vectors) {
            constexpr std::size_t row = decltype(vectors)::value * count;
            T* target = packed + block * count * point_count * factors;
            for (std::size_t i = 0; i < factors; ++i) {
                for (std::size_t j = 0; j < row; ++j) {
                    std::array<std::array<double, point_count>, together> values{};
                    for (std::size_t n = 0; n < together; ++n) {
                        if (block * count + j < G.out_channels && i * together + n < G.in_channels) {
                            transform_weight<Tile>(weight + G.weight(block * count + j, i * together + n, 0, 0),
                                                   values[n]);
                        }
                    }
                    for (std::size_t p = 0; p < point_count; ++p) {
                        T& place = target[(p * factors + i) * row + j];
                        if constexpr (in_pairs) {
                            Factor::put(static_cast<T>(values[0][p]), static_cast<T>(values[1][p]), place);
                        } else {
                            place = static_cast<T>(values[0][p]);
                        }
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

    template <typename Team = Alone>
    static constexpr void forward(const T* packed, const T* input, T* output, T* scratch, Team&& team = {}) {
        T* own = scratch + team.member() * whole_lines<T>(scratch_size);
        if (team.is_even(passes)) {
            for_each_item(team, passes, [&](std::size_t pass) {
                Alone alone;
                run_pass(packed, input, output, pass * blocks.rows, own, own, alone);
            });
        } else {
            for (std::size_t pass = 0; pass < passes; ++pass) {
                run_pass(packed, input, output, pass * blocks.rows, scratch, own, team);
            }
        }
    }

private:
    static constexpr std::size_t passes = tiles.height / blocks.rows;
    /// Some rows of tiles. The members of a team share the inputs and the sums at the points, and have columns of their
    /// own.
    template <typename Team>
    [[gnu::always_inline]] static constexpr void run_pass(const T* packed, const T* input, T* output, std::size_t row,
                                                          T* shared, T* own, Team& team) {
        T* inputs = shared;
        T* sums = inputs + inputs_size;
        T* columns = own + inputs_size + sums_size;
        for_each_item(team, blocks.rows * In::blocks, [&](std::size_t n) __attribute__((always_inline)) {
            const std::size_t r = n / In::blocks;
            const std::size_t block = n % In::blocks;
            transform_inputs(input + block * In::plane + (row + r) * outputs.height * In::row, columns,
                             inputs + r * tiles.width * input_row + block * count / together);
        });
        team.barrier();
        for_each_piece<Out::blocks, blocks.vectors>([&](std::size_t block, auto vectors) {
            constexpr std::size_t N = decltype(vectors)::value;
            multiply<N>(inputs, packed + block * count * point_count * factors, sums, team);
            team.barrier();
            for_each_item(team, blocks.rows, [&](std::size_t r) __attribute__((always_inline)) {
                transform_sums<N>(sums + r * tiles.width * N * count, packed + weights_size + block * count, row + r,
                                  output + Out::origin + block * Out::plane);
            });
            team.barrier();
        });
    }

    /// A block of channels of a row of tiles. Each column goes to the vertical points once, although two tiles read it.
    [[gnu::noinline]] static constexpr void transform_inputs(const T* input, T* columns, T* inputs) {
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
                store_inputs(values, target);
                source = forget_origin(source + outputs.width * count);
                target = forget_origin(target + input_row);
            }
        }
    }

    /// A block of channels of a tile at the points of a row.
    [[gnu::always_inline]] static constexpr void store_inputs(const V* values, T* target) {
        if constexpr (in_pairs) {
            static_assert(points.width % 2 == 0);
            unroll<points.width / 2>([&](std::size_t w) __attribute__((always_inline)) {
                Factor::store_rounded(values[2 * w], values[2 * w + 1], target + 2 * w * input_point,
                                      target + (2 * w + 1) * input_point);
            });
        } else {
            unroll<points.width>([&](std::size_t w)
                                     __attribute__((always_inline)) { values[w].store(target + w * input_point); });
        }
    }

    /// The sums of a block of outputs at all points.
    template <std::size_t N, typename Team>
    static constexpr void multiply(const T* inputs, const T* weights, T* sums, Team& team) {
        constexpr std::size_t most = N == blocks.vectors ? blocks.tiles : tiles_of_block(tile_count, N);
        for_each_item(team, point_count, [&](std::size_t p) __attribute__((always_inline)) {
            const T* weights_here = weights + p * factors * N * count;
            for_each_piece<tile_count, most>([&](std::size_t tile, auto size) {
                multiply_block<decltype(size)::value, N>(inputs + p * input_point + tile * input_row, weights_here,
                                                         sums + p * sum_point<N> + tile * N * count);
            });
        });
    }

    /// A register block. Not inlined: constants of what is around it would take registers.
    template <std::size_t Tiles, std::size_t N>
    [[gnu::noinline]] static constexpr void multiply_block(const T* inputs, const T* weights, T* sums) {
        V sum[Tiles * N];
        clear_tile(sum, indices<Tiles * N>);
#pragma GCC unroll 1
        for (std::size_t i = 0; i < factors; ++i) {
            const auto input = [&](std::size_t t)
                                   __attribute__((always_inline)) { return Factor::broadcast(inputs[t * input_row]); };
            const auto weight = [&](std::size_t n)
                                    __attribute__((always_inline)) { return Factor::load(weights + n * count); };
            if constexpr (N == 1) {
                // Each input is used once, so that it is broadcast by the multiply-add where the processor can do that.
                Factor held = weight(0);
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
    [[gnu::noinline]] static constexpr void transform_sums(const T* sums, const T* biases, std::size_t row, T* output) {
        for (std::size_t tile = 0; tile < tiles.width; ++tile) {
            for (std::size_t n = 0; n < N; ++n) {
                Output::template transform<sum_point<N>>(sums + (tile * N + n) * count, biases + n * count,
                                                         row * (outputs.height / pool), tile * (outputs.width / pool),
                                                         output + n * Out::plane);
            }
        }
    }
};

}  // namespace CTCNN_DETAIL::kernels::prepared
